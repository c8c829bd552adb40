"""The state database: one thread that writes, a few that read, nothing on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from headend.domain.errors import StoreUnavailable
from headend.stores.state.engine import reading_engine, translated, writing_engine
from headend.stores.state.migration import check_migrated

Answer = TypeVar("Answer")
READERS = 4


class StateDatabase:
    """Opened by `open`; the repositories share it. Work is a function of an SQLAlchemy session."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._is_open = False

    async def open(self) -> None:
        """Check that the database is migrated and connect; ConfigError says what to run when it is not."""
        await asyncio.to_thread(check_migrated, self.url)
        self._writer, self._reader = writing_engine(self.url), reading_engine(self.url, READERS)
        self._write_thread = ThreadPoolExecutor(1, "state-writer")
        self._read_threads = ThreadPoolExecutor(READERS, "state-reader")
        self._is_open = True

    async def close(self) -> None:
        """Finish what was begun and disconnect."""
        if not self._is_open:
            return
        self._is_open = False
        await asyncio.to_thread(self._write_thread.shutdown)
        await asyncio.to_thread(self._read_threads.shutdown)
        self._writer.dispose()
        self._reader.dispose()

    async def write(self, work: Callable[[Session], Answer]) -> Answer:
        """Run work in one transaction: all of it is durable on return, or nothing happened."""
        self._require_open()
        return await self._run(self._write_thread, self._writer, work)

    async def read(self, work: Callable[[Session], Answer]) -> Answer:
        """Run work on one consistent view."""
        self._require_open()
        return await self._run(self._read_threads, self._reader, work)

    async def _run(self, threads: ThreadPoolExecutor, engine: Engine, work: Callable[[Session], Answer]) -> Answer:
        def run() -> Answer:
            with translated(self.url), Session(engine) as session, session.begin():
                return work(session)

        return await asyncio.get_running_loop().run_in_executor(threads, run)

    def _require_open(self) -> None:
        if not self._is_open:
            raise StoreUnavailable("the state store is not open")
