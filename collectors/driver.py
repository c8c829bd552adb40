"""What a driver of a stream protocol offers. Drivers hold no connection: they only say what to ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from collectors.conversation import Conversation, LineParser
from headend.domain.clock_correction import Remedy, WriteAccess
from headend.domain.collection import MeterAnswer
from headend.domain.metering import Line, MeterInstallation
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import ReadingSource


@dataclass(frozen=True, slots=True)
class Site:
    """What every driver must know of the site: reading types and the zone that meter clocks run in.

    `trusted_clock`: a meter whose clock is off by more says nothing of when a live value was measured.
    `set_by`: how far our own wall clock was set since the start; meters that stayed where it was have not jumped.
    """

    types: ReadingTypeTable
    zone: ZoneInfo
    now: Callable[[], datetime]
    trusted_clock: timedelta = timedelta(minutes=5)
    set_by: Callable[[], timedelta] = timedelta


class StreamDriver(Protocol):
    """A protocol on a byte line. Items are reading type names, OBIS codes, data identifiers or `clock`."""

    def parser(self, line: Line) -> LineParser:
        """A fresh receiver for this line."""
        ...

    def periodic_items(self, installation: MeterInstallation) -> Sequence[str]:
        """What the collection schedule asks this meter for."""
        ...

    def read(
        self, installation: MeterInstallation, items: Sequence[str], source: ReadingSource
    ) -> Conversation[MeterAnswer]:
        """Read items; results come in the order asked."""
        ...

    def read_daily_freeze(self, installation: MeterInstallation, days: Sequence[int]) -> Conversation[MeterAnswer]:
        """Registers frozen at midnight, 1 = newest; no results where the meter has none."""
        ...

    def read_load_profile(
        self, installation: MeterInstallation, start: datetime, slots: int
    ) -> Conversation[MeterAnswer]:
        """Registers at slot boundaries from the meter's memory; no results where it has none."""
        ...


@runtime_checkable
class ClockDriver(Protocol):
    """A protocol by which a meter's clock can be set."""

    def set_clock(
        self, installation: MeterInstallation, remedy: Remedy, access: WriteAccess | None
    ) -> Conversation[None]:
        """One frame, sent once; MeterRefused, NoAnswer."""
        ...
