"""Questions about many rows at once, in few queries: every stored revision of their keys, or what came before them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from headend.domain.quality import FAILED_MASK
from headend.domain.readings import Ints, ReadingBatch
from headend.stores.readings.influxdb import answers
from headend.stores.readings.influxdb.answers import Versions
from headend.stores.readings.influxdb.flux import Flux, Span
from headend.stores.readings.influxdb.points import OLDEST_US, REVISIONS
from headend.stores.readings.influxdb.server import InfluxDbServer
from headend.stores.readings.newest import NEVER, key_of

DAY_US = 86_400_000_000
# How far before the asked rows to look, step by step, for a reading that is billable.
STEPS_BACK_US = (2 * DAY_US, 62 * DAY_US)
INSTALLATIONS_A_QUERY = 50


class Asking:
    """Holds no state."""

    def __init__(self, server: InfluxDbServer, flux: Flux) -> None:
        self._server, self._flux = server, flux

    async def known(self, rows: ReadingBatch) -> Versions:
        """Every stored revision of these rows' keys, and of some between them."""
        parts = [await self._between(part, _hull(part.measured_at)) for part in _near_each_other(rows)]
        return Versions.joined([answers.versions(b""), *parts])

    async def previous(self, rows: ReadingBatch) -> tuple[Ints, Ints]:
        """Time and value of the newest billable reading before each row: first near in time, then anywhere."""
        measured_at, value = np.full(len(rows), NEVER), np.zeros(len(rows), dtype=np.int64)
        high = int(rows.measured_at.max(initial=OLDEST_US))
        first = int(rows.measured_at.min(initial=high))
        for low in (*(max(first - back, OLDEST_US) for back in STEPS_BACK_US), OLDEST_US):
            rest = np.flatnonzero(measured_at == NEVER)
            if not len(rest) or low >= high:
                break
            found = await self._between(rows.take(rest), (low, high))
            measured_at[rest], value[rest] = _predecessors(rows.take(rest), found.newest())
            high = low if low < first else high
        return measured_at, value

    async def _between(self, rows: ReadingBatch, span: Span) -> Versions:
        """All revisions in a span of microseconds of the installations and types of these rows."""
        start, stop = (edge * REVISIONS for edge in span)
        installations, types = np.unique(rows.installation), np.unique(rows.reading_type).tolist()
        parts = []
        for at in range(0, len(installations), INSTALLATIONS_A_QUERY):
            asked = installations[at : at + INSTALLATIONS_A_QUERY].tolist()
            parts.append(answers.versions(await self._server.query(self._flux.readings((start, stop), asked, types))))
        return Versions.joined(parts)


def _near_each_other(rows: ReadingBatch) -> Iterator[ReadingBatch]:
    """Rows in parts of a few installations whose times overlap: else one old row would make all queries long."""
    order = np.argsort(rows.measured_at, kind="stable")
    days = rows.measured_at[order] // DAY_US
    for part in np.split(order, np.flatnonzero(np.diff(days) > 1) + 1):
        installations = np.unique(rows.installation[part])
        for at in range(0, len(installations), INSTALLATIONS_A_QUERY):
            yield rows.take(part[np.isin(rows.installation[part], installations[at : at + INSTALLATIONS_A_QUERY])])


def _hull(measured_at: Ints) -> Span:
    return (int(measured_at.min()), int(measured_at.max()) + 1) if len(measured_at) else (0, 0)


def _predecessors(rows: ReadingBatch, stored: Versions) -> tuple[Ints, Ints]:
    """For each row the newest billable stored reading of its key strictly before it."""
    stored = stored.take(np.flatnonzero((stored.quality & FAILED_MASK) == 0))
    measured_at, value = np.full(len(rows), NEVER), np.zeros(len(rows), dtype=np.int64)
    stored_key, key = (key_of(c.installation, c.reading_type) for c in (stored, rows))
    # All rows in one line by key and time; equal times put the asked row first, so what stands before it is before it.
    is_stored = np.repeat([True, False], [len(stored), len(rows)])
    times = np.concatenate([stored.measured_at, rows.measured_at])
    order = np.lexsort((is_stored, times, np.concatenate([stored_key, key])))
    place = np.where(is_stored[order], np.arange(len(order)), -1)
    before = np.maximum.accumulate(place)
    asked = np.flatnonzero(~is_stored[order])
    found = np.where(before[asked] >= 0, order[before[asked]], -1)
    row = order[asked] - len(stored)
    same = found >= 0
    same[same] = stored_key[found[same]] == key[row[same]]
    measured_at[row[same]], value[row[same]] = stored.measured_at[found[same]], stored.value[found[same]]
    return measured_at, value
