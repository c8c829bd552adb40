"""Readings that a store will never take: a folder with one file of readings and one of the reason for each batch.

The file is a segment of the spool, so that what was refused can be offered again once its reason is gone. Bounded:
when the folder is full nothing more is kept and the store counts as away.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from headend.domain.errors import StoreUnavailable
from headend.domain.readings import ReadingBatch
from headend.stores.spool.record import encoded
from headend.stores.spool.segment import SUFFIX, sync_folder

REASON = ".reason.txt"
OnRefused = Callable[[str], Awaitable[None]]


class RefusedFolder:
    """`on_refused` hears what was kept where, and why, once for each batch."""

    def __init__(self, folder: Path, limit_bytes: int, on_refused: OnRefused) -> None:
        self.folder = folder
        self._limit, self._on_refused = limit_bytes, on_refused

    async def keep(self, batch: ReadingBatch, reason: str) -> None:
        """Durable on return; the same batch again is kept once. StoreUnavailable when it cannot be kept."""
        data = encoded(1, batch)
        name = hashlib.sha256(data).hexdigest()[:16]
        try:
            is_new = await asyncio.get_running_loop().run_in_executor(None, self._write, name, data, reason)
        except OSError as error:
            raise StoreUnavailable(f"refused readings cannot be kept in {self.folder}: {error.strerror}") from error
        if is_new:
            await self._on_refused(f"{len(batch)} readings kept in {self.folder / name}{SUFFIX}: {reason}")

    def _write(self, name: str, data: bytes, reason: str) -> bool:
        self.folder.mkdir(parents=True, exist_ok=True)
        sync_folder(self.folder.parent)
        path = self.folder / f"{name}{SUFFIX}"
        if path.exists():
            return False
        if sum(file.stat().st_size for file in self.folder.iterdir()) + len(data) > self._limit:
            raise StoreUnavailable(f"refused readings fill {self.folder} ({self._limit} bytes); see their reasons")
        _write_durably(self.folder / f"{name}{REASON}", f"{reason}\n".encode())
        _write_durably(path, data)
        return True


def _write_durably(path: Path, data: bytes) -> None:
    draft = path.with_name(f"{path.name}.draft")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)
