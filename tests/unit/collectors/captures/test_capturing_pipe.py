"""What passes a capturing pipe is recorded in both directions and changed in neither."""

from __future__ import annotations

import pytest

from collectors.captures.chunk import Direction
from collectors.transports.capturing import CapturingPipe
from headend.domain.errors import LineDown


class Loop:
    """A pipe that gives back what was written to it, once."""

    def __init__(self) -> None:
        self.held, self.is_open = b"", False

    async def open(self) -> None:
        self.is_open = True

    async def write(self, data: bytes) -> None:
        if not self.is_open:
            raise LineDown("not open")
        self.held += data

    async def read(self, by: float) -> bytes:
        return self.pending()

    def pending(self) -> bytes:
        data, self.held = self.held, b""
        return data

    async def close(self) -> None:
        self.is_open = False


@pytest.mark.asyncio
async def test_both_directions_are_recorded_as_they_pass() -> None:
    passed: list[tuple[Direction, bytes]] = []
    pipe = CapturingPipe(Loop(), lambda direction, data: passed.append((direction, data)))
    await pipe.open()
    await pipe.write(b"ask")
    assert await pipe.read(0) == b"ask"
    await pipe.write(b"more")
    assert pipe.pending() == b"more"
    await pipe.close()
    assert not pipe.is_open
    assert [part for part in passed if part[1]] == [
        (Direction.TO_METERS, b"ask"),
        (Direction.FROM_METERS, b"ask"),
        (Direction.TO_METERS, b"more"),
        (Direction.FROM_METERS, b"more"),
    ]


@pytest.mark.asyncio
async def test_a_broken_line_stays_a_broken_line() -> None:
    with pytest.raises(LineDown):
        await CapturingPipe(Loop(), lambda direction, data: None).write(b"ask")
