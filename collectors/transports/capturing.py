"""A byte pipe that tells a listener what passes, both ways. Changes nothing and waits for nobody."""

from __future__ import annotations

from collections.abc import Callable

from collectors.captures.chunk import Direction
from collectors.transports.pipe import BytePipe

Record = Callable[[Direction, bytes], None]


class CapturingPipe:
    """BytePipe that has each chunk recorded: before it is written, and as it comes."""

    def __init__(self, pipe: BytePipe, record: Record) -> None:
        self._pipe, self._record = pipe, record

    def __repr__(self) -> str:
        return f"{self._pipe!r} captured"

    @property
    def is_open(self) -> bool:
        """See BytePipe."""
        return self._pipe.is_open

    async def open(self) -> None:
        """See BytePipe."""
        await self._pipe.open()

    async def write(self, data: bytes) -> None:
        """See BytePipe."""
        self._record(Direction.TO_METERS, data)
        await self._pipe.write(data)

    async def read(self, by: float) -> bytes:
        """See BytePipe."""
        data = await self._pipe.read(by)
        self._record(Direction.FROM_METERS, data)
        return data

    def pending(self) -> bytes:
        """See BytePipe."""
        data = self._pipe.pending()
        self._record(Direction.FROM_METERS, data)
        return data

    async def close(self) -> None:
        """See BytePipe."""
        await self._pipe.close()
