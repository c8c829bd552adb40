"""Who is there: sessions that have not logged in, and terminals by address. Bounded, without I/O.

The newest login of a terminal replaces its older session. What one terminal does costs no other anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from collectors.terminals.address import TerminalAddress
from collectors.terminals.link import (
    Alive,
    Answered,
    LinkEvent,
    LoggedIn,
    LoggedOut,
    Noise,
    Reported,
    Stray,
    TerminalLink,
)
from collectors.terminals.session import Session, Way
from collectors.terminals.settings import TerminalSettings
from collectors.terminals.terminal import Terminal
from headend.ports import Clock

log = structlog.get_logger()
LOGIN_S = 30.0
LOGIN_BYTES = 4096
MOST_NAMELESS = 128
MOST_UNKNOWN = 256
MOST_TOLD = 4096


@dataclass(slots=True)
class TerminalCounters:
    """What happened at one place since start."""

    logins: int = 0
    replaced: int = 0
    turned_away: int = 0
    messages: int = 0
    strays: int = 0
    noise_bytes: int = 0


class TerminalDirectory:
    """The terminals of one place. `make` builds one that a line has asked for or that dialled in unasked."""

    def __init__(self, clock: Clock, make: Callable[[TerminalAddress, TerminalSettings], Terminal]) -> None:
        self._clock, self._make = clock, make
        self._known: dict[TerminalAddress, Terminal] = {}
        self._unknown: dict[TerminalAddress, Terminal] = {}
        self._nameless: dict[Session, None] = {}
        self._told_unknown: set[TerminalAddress] = set()
        self._is_open = False
        self.counters = TerminalCounters()

    def __repr__(self) -> str:
        return f"<{len(self._known)} terminals, {len(self._unknown)} unknown, {len(self._nameless)} nameless>"

    def know(self, address: TerminalAddress, settings: TerminalSettings) -> Terminal:
        """The terminal that a line reaches its meters by; its first line says how it is spoken to."""
        terminal = self._known.get(address)
        if terminal is None:
            terminal = self._unknown.pop(address, None) or self._make(address, settings)
            terminal.settings = settings
            self._known[address] = terminal
            if self._is_open:
                terminal.place_changed(None)
        elif terminal.settings != settings:
            log.warning("lines disagree about a terminal", terminal=str(address), kept=str(terminal.settings))
        return terminal

    def settings_of(self, address: TerminalAddress) -> TerminalSettings:
        """How to speak to whoever logs in."""
        terminal = self._known.get(address)
        return terminal.settings if terminal else TerminalSettings()

    def admit(self, way: Way) -> Session:
        """A connection that has not said whose it is. With too many of them the oldest must go."""
        while len(self._nameless) >= MOST_NAMELESS:
            self._turn_away(next(iter(self._nameless)), "too many connections that do not log in")
        session = Session(way, TerminalLink(self.settings_of), self._clock.monotonic())
        self._nameless[session] = None
        return session

    def heard(self, session: Session, data: bytes) -> None:
        """Bytes of a session."""
        if session.ended is None:
            self._judge(session, session.feed(data, self._clock.monotonic()))
            if session in self._nameless and session.received > LOGIN_BYTES:
                self._turn_away(session, f"{session.received} bytes and no login")

    def settled(self, session: Session) -> None:
        """Nothing more belongs to what came, as behind a datagram; who has not logged in by now is forgotten."""
        self._judge(session, session.settle())
        if session in self._nameless:
            self._turn_away(session, "a datagram that is no login")

    def lost(self, session: Session, reason: str) -> None:
        """The connection is gone, or goes now."""
        session.end(reason)
        self._nameless.pop(session, None)
        address = session.link.address
        terminal = self._find(address)
        if address is not None and terminal is not None and terminal.session is session:
            log.info("terminal offline", terminal=str(address), reason=reason)
            terminal.detach(reason)
            self._unknown.pop(address, None)

    def sweep(self) -> None:
        """Once a second: end what is silent for too long."""
        now = self._clock.monotonic()
        for session in [session for session in self._nameless if now - session.began_at >= LOGIN_S]:
            self._turn_away(session, f"no login within {LOGIN_S:.0f} s")
        for session in [*self._nameless, *self._present()]:
            self._judge(session, session.rest(now))
        for terminal in [*self._known.values(), *self._unknown.values()]:
            terminal.check(now)
            session_now, limit_s = terminal.session, terminal.settings.silence_s
            if session_now is not None and now - session_now.last_heard >= limit_s:
                self.lost(session_now, f"silent for {limit_s:.0f} s")

    def place_changed(self, trouble: str | None) -> None:
        """The place is in trouble, or open from now on (None)."""
        self._is_open = trouble is None
        for terminal in self._known.values():
            terminal.place_changed(trouble)

    def close(self, reason: str) -> None:
        """End every session."""
        self._is_open = False
        for session in [*self._nameless, *self._present()]:
            self.lost(session, reason)

    def _judge(self, session: Session, events: Sequence[LinkEvent]) -> None:
        for event in events:
            match event:
                case LoggedIn(address):
                    self._arrive(session, address)
                case Alive():
                    self._alive(session)
                case LoggedOut():
                    self.lost(session, "it logged out")
                case Answered(raw):
                    session.inbox.data_received(raw)
                case Reported() | Stray() | Noise():
                    self._count(session, event)

    def _count(self, session: Session, event: Reported | Stray | Noise) -> None:
        """For the place, and for the terminal where it is known."""
        terminal = self._find(session.link.address)
        for counters in (self.counters, terminal.counters) if terminal else (self.counters,):
            match event:
                case Reported():
                    counters.messages += 1
                case Stray():
                    counters.strays += 1
                case Noise(raw):
                    counters.noise_bytes += len(raw)
        if isinstance(event, Reported):
            log.debug("terminal reports", terminal=str(session.link.address), afn=f"{event.frame.afn:02X}")

    def _arrive(self, session: Session, address: TerminalAddress) -> None:
        self._nameless.pop(session, None)
        terminal = self._find(address) or self._meet(session, address)
        if terminal is None:
            return
        self.counters.logins += 1
        if terminal.session is not None:
            self.counters.replaced += 1
            terminal.session.end(f"a newer login from {session.peer} took its place")
        log.info("terminal online", terminal=str(address), peer=session.peer)
        terminal.attach(session)

    def _alive(self, session: Session) -> None:
        terminal = self._find(session.link.address)
        if terminal is not None and terminal.session is session:
            terminal.alive()

    def _meet(self, session: Session, address: TerminalAddress) -> Terminal | None:
        """A terminal that no line knows: kept, so that a line that comes finds it."""
        if len(self._unknown) >= MOST_UNKNOWN:
            self._turn_away(session, f"already {MOST_UNKNOWN} unknown terminals")
            return None
        if address not in self._told_unknown and len(self._told_unknown) < MOST_TOLD:
            self._told_unknown.add(address)
            log.warning("unknown terminal", terminal=str(address), peer=session.peer)
        terminal = self._unknown[address] = self._make(address, TerminalSettings())
        return terminal

    def _turn_away(self, session: Session, reason: str) -> None:
        self.counters.turned_away += 1
        self._nameless.pop(session, None)
        session.end(reason)

    def _find(self, address: TerminalAddress | None) -> Terminal | None:
        if address is None:
            return None
        return self._known.get(address) or self._unknown.get(address)

    def _present(self) -> list[Session]:
        terminals = [*self._known.values(), *self._unknown.values()]
        return [terminal.session for terminal in terminals if terminal.session is not None]
