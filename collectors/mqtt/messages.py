"""What goes between the line and those who understand messages: requests, messages, and what these say of meters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from headend.domain.events import EventKind
from headend.domain.metering import MeterInstallation
from headend.domain.readings import RawFrame


@dataclass(frozen=True, slots=True)
class Request:
    """What makes a device report at once."""

    topic: str
    payload: bytes = b""


@dataclass(frozen=True, slots=True)
class State:
    """A message, when it came, and the request that it may answer."""

    topic: str
    payload: bytes
    is_retained: bool
    received_at: datetime
    request: Request | None = None
    asked_at: datetime | None = None

    @property
    def frame(self) -> RawFrame:
        """The proof: topic and payload in both directions."""
        asked = self.request.topic.encode() + b" " + self.request.payload if self.request else b""
        return RawFrame(asked, self.topic.encode() + b" " + self.payload)


@dataclass(frozen=True, slots=True)
class ToldValue:
    """A number in the unit of the profile, or None and why there is none.

    Historical ones are readings of their time and answer nobody who asks what is.
    """

    number: Decimal | None
    problem: str = ""
    is_present: bool = True
    measured_at: datetime | None = None
    is_historical: bool = False
    is_rounded: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What one message says of one meter, by reading type; `problem` is why it says nothing.

    A whole report leaves nothing to wait for: what is not in it is not present.
    """

    installation: MeterInstallation
    state: State
    values: Sequence[tuple[str, ToldValue]] = ()
    problem: str = ""
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class MeterNews:
    """Something that happened to a meter, other than a reading."""

    kind: EventKind
    installation: MeterInstallation
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Hearing:
    """All that a message brought."""

    reports: tuple[Report, ...] = ()
    news: tuple[MeterNews, ...] = ()


class Station(Protocol):
    """Whatever publishes on topics of its own: one device, or an edge node with many meters behind it."""

    @property
    def filters(self) -> frozenset[str]:
        """What to subscribe to."""
        ...

    def serve(self, installations: Sequence[MeterInstallation]) -> None:
        """The meters that are wanted of it from now on."""
        ...

    def hear(self, state: State) -> Hearing:
        """What a message says."""
        ...

    def request(self, installation: MeterInstallation, now: datetime) -> Request | None:
        """What to publish to make this meter report now; None where nothing helps, or it was just asked."""
        ...

    def wish(self, now: datetime) -> Request | None:
        """What the station itself needs to be asked, to be understood; None when it is understood."""
        ...

    def connected(self) -> None:
        """A new connection: what was said before it may have been missed."""
        ...
