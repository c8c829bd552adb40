"""The one owner of a place that terminals dial: it opens the port, looks after silence, and tries again. No sockets.

Errors of the port itself are told to all its lines. Who is who knows `directory`, the sockets are in `ports`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from collectors.backoff import Backoff
from collectors.terminals.directory import TerminalDirectory
from headend.ports import Clock

SWEEP_S = 1.0
OpenPort = Callable[[TerminalDirectory], AbstractAsyncContextManager[None]]


class TerminalListener:
    """Listens while `listen()` runs; `open_port` lets terminals in to a directory, or raises OSError."""

    def __init__(self, name: str, directory: TerminalDirectory, open_port: OpenPort, clock: Clock) -> None:
        self._name, self._open_port, self._clock = name, open_port, clock
        self._backoff = Backoff()
        self.directory = directory

    def __repr__(self) -> str:
        return f"<TerminalListener {self._name} {self.directory!r}>"

    async def listen(self) -> None:
        """Own the port until cancelled."""
        while True:
            try:
                async with self._open_port(self.directory):
                    self._backoff.succeed()
                    self.directory.place_changed(None)
                    await self._sweep()
            except OSError as error:
                reason = f"cannot dial in at {self._name}: {error.strerror or error}"
                self._backoff.fail(self._clock.monotonic(), reason)
                self.directory.place_changed(reason)
            finally:
                self.directory.close("the head-end does not listen any more")
            await self._clock.sleep(max(0.0, self._backoff.remaining(self._clock.monotonic())))

    async def _sweep(self) -> None:
        while True:
            await self._clock.sleep(SWEEP_S)
            self.directory.sweep()
