"""A terminal's session as the channel's pipe: whole requests go in, whole answers come out. Opens and closes nothing.

Whether it is open is whether the terminal is there: back-off after a loss never outlasts a login.
"""

from __future__ import annotations

from typing import Protocol

from collectors.terminals.session import Session
from collectors.transports.pipe import ReceivingPipe
from headend.domain.errors import LineDown


class Reachable(Protocol):
    """Whose session it is."""

    @property
    def session(self) -> Session | None:
        """Now."""
        ...

    @property
    def state(self) -> str:
        """In words."""
        ...

    async def present(self) -> Session:
        """Its session, when it comes; LineDown."""
        ...


class TerminalPipe:
    """BytePipe over whatever session the terminal has. An answer is only awaited from the session that was asked."""

    def __init__(self, terminal: Reachable) -> None:
        self._terminal = terminal
        self._asked: Session | None = None

    def __repr__(self) -> str:
        return self._terminal.state

    @property
    def is_open(self) -> bool:
        """See BytePipe."""
        return self._terminal.session is not None

    async def open(self) -> None:
        """Wait for the terminal as long as there is hope."""
        await self._terminal.present()

    async def write(self, data: bytes) -> None:
        """Ask."""
        session = self._terminal.session
        if session is None:
            raise LineDown(self._terminal.state)
        session.ask(data)
        self._asked = session

    async def read(self, by: float) -> bytes:
        """See BytePipe."""
        return await self._inbox().read(by)

    def pending(self) -> bytes:
        """See BytePipe."""
        return self._asked.inbox.pending() if self._asked is not None else b""

    async def close(self) -> None:
        """Wait for no answer any more. The session stays the terminal's."""
        if self._asked is not None:
            self._asked.link.forget()
            self._asked = None

    def _inbox(self) -> ReceivingPipe:
        if self._asked is None:
            raise LineDown(self._terminal.state)
        return self._asked.inbox
