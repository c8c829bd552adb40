"""The meters' side of a capture, served to any master: recorded questions get their recorded answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from collectors.captures.exchanges import Answering, Exchange, Piece, Unknown
from simulators.lines import Peer, open_line
from simulators.listen_url import ListenUrl


@dataclass(frozen=True, slots=True)
class Script:
    """What is known of the line, and how many times faster than it was; infinite is at once."""

    protocol: str
    exchanges: Sequence[Exchange]
    speed: float = 1.0


async def replay(
    script: Script, listen: ListenUrl, *, announce: Callable[[str], None], unknown: Callable[[bytes], None]
) -> None:
    """Serve until cancelled, each connection from the beginning. What was never asked stays unanswered and is told."""
    async with open_line(listen, lambda: _Meters(script, unknown)) as address:
        announce(address)
        await asyncio.Event().wait()


class _Meters:
    """One connection's view of the recorded line (see SpeakingSession)."""

    def __init__(self, script: Script, unknown: Callable[[bytes], None]) -> None:
        self._answering = Answering(script.exchanges, script.protocol)
        self._speed, self._tell = script.speed, unknown
        self._loop = asyncio.get_running_loop()
        self._timers: set[asyncio.Handle] = set()
        self._peer: Peer | None = None

    def opened(self, peer: Peer) -> None:
        """A master is there."""
        self._peer = peer

    def closed(self) -> None:
        """It has gone."""
        self._peer = None
        for timer in self._timers:
            timer.cancel()

    def receive(self, data: bytes) -> tuple[bytes, ...]:
        """Questions; the answers go out at their own times."""
        self._hear(self._answering.receive(data))
        return ()

    def line_idle(self) -> tuple[bytes, ...]:
        """Silence."""
        self._hear(self._answering.line_idle())
        return ()

    def _hear(self, found: Sequence[tuple[Piece, ...] | Unknown]) -> None:
        for said in found:
            if isinstance(said, Unknown):
                self._tell(said.raw)
            else:
                self._answer(said)

    def _answer(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            wait_s = piece.after_s / self._speed
            if wait_s:
                self._send_later(wait_s, piece.data)
            else:
                self._send(piece.data)

    def _send_later(self, wait_s: float, data: bytes) -> None:
        def fire() -> None:
            self._timers.discard(timer)
            self._send(data)

        timer = self._loop.call_later(wait_s, fire)
        self._timers.add(timer)

    def _send(self, data: bytes) -> None:
        if self._peer is not None:
            self._peer.send(data)
