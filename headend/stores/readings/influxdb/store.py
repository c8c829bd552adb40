"""The reading store in a bucket of InfluxDB 2. Port `ReadingStore`; versions are resolved in our own columns.

Opens while the server is away: readings then go to the spool. After a failed append it asks anew what is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

import numpy as np

from headend.domain.errors import StoreUnavailable
from headend.domain.instants import from_us, to_us
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import Ints, RawFrame, ReadingBatch, StoredReading, stored_readings
from headend.ports import PreviousReadings
from headend.stores.readings.append_queue import AppendQueue
from headend.stores.readings.committed import Committed
from headend.stores.readings.influxdb import answers
from headend.stores.readings.influxdb.answers import Versions
from headend.stores.readings.influxdb.asking import Asking
from headend.stores.readings.influxdb.flux import Flux
from headend.stores.readings.influxdb.points import NEWEST_US, REVISIONS
from headend.stores.readings.influxdb.server import InfluxDbServer
from headend.stores.readings.influxdb.writer import InfluxDbWriter, RefusedBatches
from headend.stores.readings.newest import NewestColumns

LONG_ANSWER = 1 << 18
Answer = TypeVar("Answer")


class InfluxDbReadingStore:
    """One head-end writes into the bucket; others may read it."""

    def __init__(self, server: InfluxDbServer, bucket: str, types: ReadingTypeTable, refused: RefusedBatches) -> None:
        self._server, self._types, self._refused = server, types, refused
        self._flux = Flux(bucket)
        self._asking = Asking(server, self._flux)
        self._newest: NewestColumns | None = None
        self._writer: InfluxDbWriter | None = None
        self._loading = asyncio.Lock()
        self._is_open = False

    async def open(self) -> None:
        """Connect and look what is stored; a server that is away is asked again later."""
        await self._server.open()
        self._appends = AppendQueue(self._start_commit, self._on_commit)
        self._is_open = True
        with suppress(StoreUnavailable):
            await self._loaded()

    async def close(self) -> None:
        """Finish what was accepted and let go of the connections."""
        if self._is_open:
            self._is_open = False
            await self._appends.close()
            self._newest = self._writer = None
            await self._server.close()

    async def checkpoint(self) -> None:
        """Nothing to do: what the server acknowledged is its own to keep."""
        self._require_open()

    async def append(self, batch: ReadingBatch) -> int:
        """Keep the rows that are not there yet; durable on return; the number of rows added, refused ones not."""
        self._require_open()
        return await self._appends.append(batch) if len(batch) else 0

    async def previous(self, batch: ReadingBatch) -> PreviousReadings:
        """The newest billable reading of the same key strictly before each row of the batch."""
        newest = self._newest or (await self._loaded())[0]
        measured_at, value, unsure = newest.previous(batch)
        if unsure.any():
            measured_at[unsure], value[unsure] = await self._asking.previous(batch.take(np.flatnonzero(unsure)))
        return PreviousReadings(measured_at, value)

    async def series(
        self, installation_id: int, type_ids: Sequence[int], start: datetime, end: datetime
    ) -> Sequence[StoredReading]:
        """Newest versions with start <= measured_at < end, by type and time."""
        span = to_us(start) * REVISIONS, to_us(end) * REVISIONS
        self._require_open()
        if not type_ids or span[0] >= span[1]:
            return []
        return self._readings((await self._versions(self._flux.readings(span, [installation_id], type_ids))).newest())

    async def history(self, installation_id: int, type_id: int, measured_at: datetime) -> Sequence[StoredReading]:
        """Every version of one reading, oldest first."""
        start = to_us(measured_at) * REVISIONS
        text = self._flux.readings((start, start + REVISIONS), [installation_id], [type_id])
        return self._readings(await self._versions(text))

    async def latest(self, installation_id: int) -> Sequence[StoredReading]:
        """The newest reading of each type, by type."""
        return self._readings(await self._versions(self._flux.newest_readings(installation_id)))

    async def edges(
        self, type_ids: Sequence[int], edge: datetime, tolerance_s: float
    ) -> Mapping[tuple[int, int], StoredReading]:
        """For (installation, type) the reading nearest to the edge within tolerance; earlier wins ties."""
        at, tolerance = to_us(edge), round(tolerance_s * 1_000_000)
        self._require_open()
        if not type_ids:
            return {}
        span = (at - tolerance) * REVISIONS, (at + tolerance + 1) * REVISIONS
        found = (await self._versions(self._flux.readings(span, types=type_ids))).newest()
        order = np.lexsort((found.measured_at, np.abs(found.measured_at - at)))[::-1]  # the nearest is put in last
        rows = self._readings(found.take(order))
        return {(row.installation_id, row.reading_type.id): row for row in rows}

    async def slots_present(self, type_id: int, start: datetime, slot_s: int, slots: int) -> Mapping[int, Ints]:
        """For each installation the sorted slots, counted from `start`, that hold a reading."""
        first, slot = to_us(start), slot_s * 1_000_000
        self._require_open()
        if slots < 1:
            return {}
        text = self._flux.times((first * REVISIONS, (first + slots * slot) * REVISIONS), type_id)
        installation, _, measured_at = await self._decoded(answers.times, await self._asked(text))
        present = np.unique(np.stack([installation, (measured_at - first) // slot], axis=1), axis=0)
        installations, begins = np.unique(present[:, 0], return_index=True)
        return dict(zip(installations.tolist(), np.split(present[:, 1], begins[1:]), strict=False))

    async def last_received(self, since: datetime) -> Mapping[int, datetime]:
        """For each installation that was heard since then, when it was last heard."""
        heard = answers.heard(await self._asked(self._flux.heard(to_us(since) * REVISIONS)))
        return {installation: from_us(at) for installation, at in heard.items()}

    async def frame(self, frame_id: int) -> RawFrame | None:
        """The raw frame of a reading."""
        self._require_open()
        if not 0 < frame_id <= NEWEST_US:
            return None
        return answers.frame(await self._asked(self._flux.frame(frame_id * REVISIONS)))

    async def _versions(self, text: str) -> Versions:
        return await self._decoded(answers.versions, await self._asked(text))

    def _readings(self, found: Versions) -> Sequence[StoredReading]:
        return stored_readings(found.listed(), self._types)

    async def _asked(self, text: str) -> bytes:
        self._require_open()
        return await self._server.query(text)

    async def _decoded(self, decode: Callable[[bytes], Answer], answer: bytes) -> Answer:
        if len(answer) < LONG_ANSWER:
            return decode(answer)
        return await asyncio.get_running_loop().run_in_executor(None, decode, answer)

    async def _loaded(self) -> tuple[NewestColumns, InfluxDbWriter]:
        """What the writer must know, asked from the server when it is not known for sure."""
        async with self._loading:
            if self._newest is None or self._writer is None:
                answer = await self._server.query_everything(self._flux.newest_times())
                told = await self._decoded(answers.times, answer)
                frame = answers.newest_frame_id(await self._server.query_everything(self._flux.newest_frame()))
                self._newest = NewestColumns.of_newest_times(*told)
                self._writer = InfluxDbWriter(self._server, self._asking, self._refused, frame)
            return self._newest, self._writer

    def _start_commit(self, batches: Sequence[ReadingBatch]) -> asyncio.Future[Committed]:
        return asyncio.ensure_future(self._commit(batches))

    async def _commit(self, batches: Sequence[ReadingBatch]) -> Committed:
        newest, writer = await self._loaded()
        self._writer = None  # after an error nobody knows what is stored: the next append loads again
        committed = await writer.commit(newest, batches)
        self._writer = writer
        return committed

    def _on_commit(self, committed: Committed) -> None:
        if self._newest is not None:
            self._newest.apply(committed.rows, committed.version)

    def _require_open(self) -> None:
        if not self._is_open:
            raise StoreUnavailable("the reading store is not open")
