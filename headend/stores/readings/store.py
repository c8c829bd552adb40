"""The reading store on DuckDB: one writer thread with group commit, a few reading threads, nothing on the loop.

A file that fails while it is written is closed and opened anew before the next append.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import duckdb
import numpy as np

from headend.domain.errors import HeadEndError, StoreUnavailable
from headend.domain.instants import from_us, to_us
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import Ints, RawFrame, ReadingBatch, StoredReading, stored_readings
from headend.ports import PreviousReadings
from headend.stores.readings import queries, snapshot
from headend.stores.readings.append_queue import AppendQueue
from headend.stores.readings.committed import Committed
from headend.stores.readings.database import DuckDbSettings, ReadingDatabase
from headend.stores.readings.newest import NewestColumns
from headend.stores.readings.writer import ReadingWriter

Answer = TypeVar("Answer")


class DuckDbReadingStore:
    """Port `ReadingStore` on one DuckDB file. Between `open` and `close` the file is held by this process."""

    def __init__(self, path: Path, types: ReadingTypeTable, settings: DuckDbSettings | None = None) -> None:
        self._types = types
        self._settings = settings or DuckDbSettings()
        self._database = ReadingDatabase(path, self._settings)
        self._newest = NewestColumns.empty()
        self._saved_version = 0
        self._writer: ReadingWriter | None = None
        self._recovered: NewestColumns | None = None
        self._is_open = False

    async def open(self) -> None:
        """Open or make the file. StoreUnavailable when it is held or damaged, ConfigError when too new."""
        self._thread = ThreadPoolExecutor(1, "reading-writer")
        self._readers = ThreadPoolExecutor(self._settings.readers, "reading-reader")
        self._appends = AppendQueue(self._start_commit, self._on_commit)
        try:
            await self._write(self._open_file)
        except HeadEndError:
            self._stop_threads()
            raise
        self._adopt_recovered()
        self._is_open = True

    async def close(self) -> None:
        """Finish what was accepted, checkpoint, close the file."""
        if not self._is_open:
            return
        self._is_open = False
        await self._appends.close()
        with suppress(StoreUnavailable):  # what a checkpoint would fold in stays in the log
            await self._write(lambda: self._checkpoint(self._newest))
        await self._write(self._database.close)
        self._stop_threads()

    async def checkpoint(self) -> None:
        """Fold the log into the file and save the newest columns; call it between waves of collection."""
        self._require_open()
        newest = self._newest.copy()
        await self._write(lambda: self._checkpoint(newest))
        self._saved_version = newest.version

    async def append(self, batch: ReadingBatch) -> int:
        """Keep the rows that are not there yet; durable on return; the number of rows added."""
        self._require_open()
        return await self._appends.append(batch) if len(batch) else 0

    async def previous(self, batch: ReadingBatch) -> PreviousReadings:
        """The newest billable reading of the same key strictly before each row of the batch.

        Rows newer than all that is stored are answered from memory, also while the file cannot be written.
        """
        self._require_open()
        measured_at, value, unsure = self._newest.previous(batch)
        if unsure.any():
            asked = batch.take(np.flatnonzero(unsure))
            measured_at[unsure], value[unsure] = await self._read(lambda c: queries.previous(c, asked))
        return PreviousReadings(measured_at, value)

    async def series(
        self, installation_id: int, type_ids: Sequence[int], start: datetime, end: datetime
    ) -> Sequence[StoredReading]:
        """Newest versions with start <= measured_at < end, by type and time."""
        span = (to_us(start), to_us(end))
        return await self._readings(lambda c: queries.series(c, installation_id, type_ids, span))

    async def history(self, installation_id: int, type_id: int, measured_at: datetime) -> Sequence[StoredReading]:
        """Every version of one reading, oldest first."""
        at = to_us(measured_at)
        return await self._readings(lambda c: queries.history(c, installation_id, type_id, at))

    async def latest(self, installation_id: int) -> Sequence[StoredReading]:
        """The newest reading of each type, by type."""
        types, newest_at = self._newest.of_installation(installation_id)
        return await self._readings(lambda c: queries.latest(c, installation_id, types, newest_at))

    async def edges(
        self, type_ids: Sequence[int], edge: datetime, tolerance_s: float
    ) -> Mapping[tuple[int, int], StoredReading]:
        """For (installation, type) the reading nearest to the edge within tolerance; earlier wins ties."""
        tolerance = round(tolerance_s * 1_000_000)
        found = await self._readings(lambda c: queries.edges(c, type_ids, to_us(edge), tolerance))
        return {(row.installation_id, row.reading_type.id): row for row in found}

    async def slots_present(self, type_id: int, start: datetime, slot_s: int, slots: int) -> Mapping[int, Ints]:
        """For each installation the sorted slots, counted from `start`, that hold a reading."""
        slot = slot_s * 1_000_000
        return await self._read(lambda c: queries.slots_present(c, type_id, to_us(start), slot, slots))

    async def last_received(self, since: datetime) -> Mapping[int, datetime]:
        """For each installation that was heard since then, when it was last heard."""
        self._require_open()
        installations, heard = self._newest.last_received(to_us(since))
        return dict(zip(installations.tolist(), map(from_us, heard.tolist()), strict=True))

    async def frame(self, frame_id: int) -> RawFrame | None:
        """The raw frame of a reading."""
        return await self._read(lambda c: queries.frame(c, frame_id))

    async def ask(self, query: Callable[[duckdb.DuckDBPyConnection], Answer]) -> Answer:
        """The answer of a question of another module of this store, asked in a reading thread."""
        return await self._read(query)

    async def _readings(self, query: Callable[[duckdb.DuckDBPyConnection], queries.Columns]) -> Sequence[StoredReading]:
        return await self._read(lambda cursor: stored_readings(query(cursor), self._types))

    async def _read(self, query: Callable[[duckdb.DuckDBPyConnection], Answer]) -> Answer:
        self._require_open()

        def run() -> Answer:
            with self._database.cursor() as cursor:
                return query(cursor)

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    async def _write(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _start_commit(self, batches: Sequence[ReadingBatch]) -> asyncio.Future[Committed]:
        return asyncio.get_running_loop().run_in_executor(self._thread, self._commit, batches)

    def _on_commit(self, committed: Committed) -> None:
        self._adopt_recovered()
        self._newest.apply(committed.rows, committed.version)
        if self._newest.version - self._saved_version >= self._settings.save_every:
            self._saved_version = self._newest.version
            newest = self._newest.copy()
            self._thread.submit(self._checkpoint, newest)

    def _adopt_recovered(self) -> None:
        if self._recovered is not None:
            self._newest, self._recovered = self._recovered, None
            self._saved_version = self._newest.version

    def _require_open(self) -> None:
        if not self._is_open:
            raise StoreUnavailable("the reading store is not open")

    def _stop_threads(self) -> None:
        self._thread.shutdown()
        self._readers.shutdown()

    # The rest runs in the writer thread.

    def _open_file(self) -> ReadingWriter:
        self._database.open()
        with self._database.cursor() as cursor:
            self._writer = ReadingWriter(cursor)
            self._recovered = snapshot.load(cursor)
        return self._writer

    def _commit(self, batches: Sequence[ReadingBatch]) -> Committed:
        writer = self._writer or self._open_file()
        try:
            with self._database.cursor() as cursor:
                return writer.commit(cursor, batches)
        except StoreUnavailable:
            self._writer = None
            with suppress(StoreUnavailable):
                self._database.close()
                self._open_file()  # so that queries go on; the next append tries again
            raise

    def _checkpoint(self, newest: NewestColumns) -> None:
        with self._database.cursor() as cursor:
            snapshot.save(cursor, newest)
            cursor.execute("force checkpoint")  # the plain one fails while a query runs
