"""Which readings are missing: computed by columns from what is there, never one object a slot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from headend.domain.collection import Gap
from headend.domain.meter_days import slots_touched
from headend.domain.metering import MeterInstallation
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import Ints
from headend.ports import Clock, MeterRegistry, Parkings, ReadingStore

SLOT = timedelta(minutes=15)
CLOCK_TOLERANCE_S = 60.0  # a meter's midnight is a midnight, though its clock be off a little
NOTHING: Ints = np.empty(0, np.int64)


class ListGaps:
    """Gaps of a register on the 15-minute grid. A slot counts as missing once it is over.

    Nothing is due of a parked meter: a slot that a parking touches is no gap. Without `parkings` nobody is parked.
    """

    def __init__(
        self,
        registry: MeterRegistry,
        store: ReadingStore,
        types: ReadingTypeTable,
        clock: Clock,
        parkings: Parkings | None = None,
    ) -> None:
        self._registry, self._store, self._types, self._clock = registry, store, types, clock
        self._parkings = parkings

    async def of(self, reading_type: str, since: datetime, installation_id: int | None = None) -> Sequence[Gap]:
        """Gaps since then (rounded up to a slot), oldest first, by installation; one meter's or everybody's."""
        start = _on_grid(since)
        slots = max(0, (self._clock.now() - start) // SLOT)
        kind = self._types.by_name(reading_type)
        if installation_id is None:
            asked = await self._registry.installations()
        else:
            asked = [await self._registry.installation(installation_id)]
        present = await self._store.slots_present(kind.id, start, int(SLOT.total_seconds()), slots)
        parked = await self._parked_slots(start, start + SLOT * slots)
        gaps: list[Gap] = []
        for installation in asked:
            first = _first_slot(installation, start)
            there = present.get(installation.id, NOTHING)
            if installation.id in parked:
                there = np.union1d(there, parked[installation.id])
            for begin, end in _runs(there, first, slots):
                gaps.append(Gap(installation.id, kind, start + SLOT * begin, start + SLOT * end, end - begin))
        return gaps

    async def _parked_slots(self, start: datetime, end: datetime) -> Mapping[int, Ints]:
        """For each parked meter the slots that its parkings touch."""
        parked: dict[int, Ints] = {}
        for parking in await self._parkings.between(start, end) if self._parkings else ():
            touched = np.arange(*slots_touched(parking, start, end), dtype=np.int64)
            before = parked.get(parking.installation_id, NOTHING)
            parked[parking.installation_id] = np.union1d(before, touched)
        return parked

    async def without_reading_at(
        self, reading_type: str, installations: Sequence[MeterInstallation], instants: Sequence[datetime]
    ) -> Mapping[int, list[datetime]]:
        """For each installation those instants since its installing at which its register was not read."""
        kind = self._types.by_name(reading_type)
        missing: dict[int, list[datetime]] = {installation.id: [] for installation in installations}
        for instant in instants:
            present = await self._store.edges([kind.id], instant, CLOCK_TOLERANCE_S)
            for installation in installations:
                if installation.installed_at <= instant and (installation.id, kind.id) not in present:
                    missing[installation.id].append(instant)
        return missing


def _on_grid(instant: datetime) -> datetime:
    seconds = int(SLOT.total_seconds())
    return datetime.fromtimestamp(-(-instant.timestamp() // seconds) * seconds, tz=instant.tzinfo)


def _first_slot(installation: MeterInstallation, start: datetime) -> int:
    """The first whole slot in which the meter was installed."""
    return max(0, -((start - installation.installed_at) // SLOT))


def _runs(present: Ints, first: int, slots: int) -> list[tuple[int, int]]:
    """Stretches [begin, end) of slot numbers in first..slots that are not in `present` (sorted)."""
    inside = present[(present >= first) & (present < slots)]
    edges = np.concatenate(([first - 1], inside, [slots]))
    holes = np.flatnonzero(np.diff(edges) > 1)
    return [(int(edges[hole]) + 1, int(edges[hole + 1])) for hole in holes]
