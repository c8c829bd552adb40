"""Where readings go and come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from headend.domain.readings import Ints, RawFrame, Reading, ReadingBatch, StoredReading


class ReadingSink(Protocol):
    """Takes readings and returns when they are durable."""

    async def accept(self, readings: Sequence[Reading]) -> None:
        """Validate, mark and keep."""
        ...


@dataclass(frozen=True, slots=True)
class PreviousReadings:
    """For each asked row the newest billable reading before it; `measured_at` is -1 where there is none."""

    measured_at: Ints
    value: Ints


class ReadingStore(Protocol):
    """Append-only readings; a correction is a new version and every query gives the newest one.

    All methods raise StoreUnavailable when the store cannot serve; an append is then not done at all.
    """

    async def append(self, batch: ReadingBatch) -> int:
        """Keep the rows that are not there yet with the same value, marks and times; returns their number.

        Durable on return. A known key with another value gets a higher version.
        """
        ...

    async def previous(self, batch: ReadingBatch) -> PreviousReadings:
        """The newest billable reading of the same key strictly before each row of the batch."""
        ...

    async def series(
        self, installation_id: int, type_ids: Sequence[int], start: datetime, end: datetime
    ) -> Sequence[StoredReading]:
        """Newest versions with start <= measured_at < end, by type and time."""
        ...

    async def history(self, installation_id: int, type_id: int, measured_at: datetime) -> Sequence[StoredReading]:
        """Every version of one reading, oldest first."""
        ...

    async def latest(self, installation_id: int) -> Sequence[StoredReading]:
        """The newest reading of each type, by type."""
        ...

    async def edges(
        self, type_ids: Sequence[int], edge: datetime, tolerance_s: float
    ) -> Mapping[tuple[int, int], StoredReading]:
        """For (installation, type) the reading nearest to the edge within tolerance; earlier wins ties."""
        ...

    async def slots_present(self, type_id: int, start: datetime, slot_s: int, slots: int) -> Mapping[int, Ints]:
        """For each installation the sorted slots, counted from `start`, that hold a reading."""
        ...

    async def last_received(self, since: datetime) -> Mapping[int, datetime]:
        """For each installation that was heard since then, when it was last heard."""
        ...

    async def frame(self, frame_id: int) -> RawFrame | None:
        """The raw frame of a reading."""
        ...
