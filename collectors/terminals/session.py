"""A terminal's connection as long as it lasts: its link, its peer, what it answered. Owns no socket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from collectors.terminals.link import LinkEvent, TerminalLink
from collectors.transports.pipe import ReceivingPipe
from headend.domain.errors import LineDown
from protocols.errors import LocalProtocolError

IDLE_S = 5.0  # a mobile network may hold back half a frame for long


@dataclass(frozen=True, slots=True)
class Way:
    """How bytes reach the peer. `close` ends the connection at once."""

    peer: str
    write: Callable[[bytes], None]
    close: Callable[[], None]


class Session:
    """From the first byte until it is ended, by whomever. `inbox` holds answers until somebody reads them."""

    def __init__(self, way: Way, link: TerminalLink, now: float) -> None:
        self._way, self.link = way, link
        self.peer = way.peer
        self.began_at = self.last_heard = now
        self.received = 0
        self.inbox = ReceivingPipe()
        self.ended: str | None = None
        self._has_rest = False

    def __repr__(self) -> str:
        return f"<Session {self.peer} {self.link!r}>"

    def feed(self, data: bytes, now: float) -> list[LinkEvent]:
        """Bytes of the peer; confirmations leave before their events are told."""
        self.last_heard, self._has_rest = now, True
        self.received += len(data)
        events = self.link.receive(data)
        self._flush()
        return events

    def rest(self, now: float) -> list[LinkEvent]:
        """What a silence brings out."""
        if not self._has_rest or now - self.last_heard < IDLE_S:
            return []
        return self.settle()

    def settle(self) -> list[LinkEvent]:
        """Nothing more belongs to what came."""
        self._has_rest = False
        events = self.link.line_idle()
        self._flush()
        return events

    def ask(self, request: bytes) -> None:
        """Send a request; LineDown when the session is over."""
        if self.ended is not None:
            raise LineDown(self.ended)
        try:
            self.link.ask(request)
        except LocalProtocolError as error:
            raise LineDown(f"not sent: {error}") from error
        self._flush()

    def end(self, reason: str) -> None:
        """Over; the first reason stays."""
        if self.ended is None:
            self.ended = reason
            self.inbox.connection_lost(ConnectionError(reason))
            self._way.close()

    def _flush(self) -> None:
        data = self.link.outgoing()
        if data and self.ended is None:
            self._way.write(data)
