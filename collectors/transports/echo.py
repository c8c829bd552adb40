"""A byte pipe on a line that lets us hear ourselves, as many RS-485 converters do. Takes our own bytes out.

What comes first after a write is compared with what was written, byte for byte. Where it differs, it is no echo and
everything is passed on: a line that echoes only a part, or nothing, loses no answer.
"""

from __future__ import annotations

from collectors.transports.pipe import BytePipe


class EchoPipe:
    """BytePipe without the echo of its own writes."""

    def __init__(self, pipe: BytePipe) -> None:
        self._pipe = pipe
        self._expected = b""  # what we have written and not yet heard
        self._held = b""  # what matched so far: an answer, should the rest differ

    def __repr__(self) -> str:
        return f"{self._pipe!r} with echo"

    @property
    def is_open(self) -> bool:
        """See BytePipe."""
        return self._pipe.is_open

    async def open(self) -> None:
        """See BytePipe."""
        self._forget()
        await self._pipe.open()

    async def write(self, data: bytes) -> None:
        """See BytePipe; an echo that has not come by now will not come."""
        self._forget()
        await self._pipe.write(data)
        self._expected = data

    async def read(self, by: float) -> bytes:
        """See BytePipe. When the time is over, what began like an echo and went no further is passed on."""
        while True:
            data = await self._pipe.read(by)
            if not data:
                held = self._held
                self._forget()
                return held
            answer = self._without_echo(data)
            if answer:
                return answer

    def pending(self) -> bytes:
        """See BytePipe."""
        return self._without_echo(self._pipe.pending())

    async def close(self) -> None:
        """See BytePipe."""
        self._forget()
        await self._pipe.close()

    def _without_echo(self, data: bytes) -> bytes:
        size = min(len(data), len(self._expected))
        if data[:size] != self._expected[:size]:
            answer = self._held + data
            self._forget()
            return answer
        self._held, self._expected = self._held + data[:size], self._expected[size:]
        if not self._expected:
            self._held = b""  # all of it was our own
        return data[size:]

    def _forget(self) -> None:
        self._expected = self._held = b""
