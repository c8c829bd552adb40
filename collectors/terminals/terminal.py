"""One terminal as the head-end sees it: whether it is there, and the one queue of work for it. Opens no socket.

All ways through a terminal share its channel, so it is asked one question at a time, people first. A login makes it
usable at once, however often it was away before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from collectors.channel import Channel
from collectors.line_health import LineCounters
from collectors.talk import Talk
from collectors.terminals.address import TerminalAddress
from collectors.terminals.pipe import TerminalPipe
from collectors.terminals.session import Session
from collectors.terminals.settings import TerminalSettings
from collectors.terminals.shared_run import SharedRun
from collectors.terminals.turns import Turns
from headend.domain.collection import Priority
from headend.domain.errors import LineDown
from headend.domain.line_health import LineHealth, TerminalPresence
from headend.ports import Clock

Finding = TypeVar("Finding")
Told = Callable[[str | None], None]
PATIENCE_S = 60.0
"""How long questions wait for a terminal that was just lost, or was not heard of since we listen; then they fail."""


class Terminal:
    """Shared by its lines. `turns` stamp what is asked, `listen` is the work of the place that it dials."""

    def __init__(
        self,
        address: TerminalAddress,
        settings: TerminalSettings,
        *,
        turns: Turns,
        clock: Clock,
        listen: Callable[[], Awaitable[None]],
    ) -> None:
        self.address, self.settings, self.turns = address, settings, turns
        self.session: Session | None = None
        self._clock, self._listen = clock, listen
        self._channel = Channel(TerminalPipe(self), clock)
        self._standing, self._presence = LineCounters(), TerminalPresence()
        self._share = SharedRun(self._own)
        self._watchers: list[Told] = []
        self._news = asyncio.Event()
        self._patient_until: float | None = None
        self._trouble: str | None = None
        self._absence = "has not logged in"
        self._is_told_lost = False

    def __repr__(self) -> str:
        return self.state

    @property
    def state(self) -> str:
        """In words."""
        if self.session is not None:
            return f"terminal {self.address} at {self.session.peer}"
        return f"terminal {self.address} {self._trouble or self._absence}"

    @property
    def counters(self) -> LineCounters:
        """Of its channel."""
        return self._channel.counters

    def health(self) -> LineHealth:
        """Of its channel, but whether it is there is known without asking it."""
        seen = self._standing
        return replace(
            self._channel.health(),
            is_open=seen.is_open,
            changed_at=seen.changed_at,
            reason=seen.reason,
            losses=seen.losses,
            terminal=self._presence,
        )

    def alive(self) -> None:
        """It sent a heartbeat."""
        self._presence = replace(self._presence, last_heartbeat=self._clock.now())

    def watch(self, told: Told) -> None:
        """Tell every loss once, with its reason, and every return."""
        self._watchers.append(told)

    async def run(self) -> None:
        """Own the work of this terminal, once for all its lines, until the last is cancelled."""
        await self._share.run()

    async def converse(self, talk: Talk[Finding], priority: Priority, deadline_s: float) -> Finding:
        """See Channel."""
        return await self._channel.converse(talk, priority, deadline_s)

    def attach(self, session: Session) -> None:
        """It has logged in by this session."""
        self.session = session
        self.turns.edition = session.link.edition
        now = self._clock.now()
        self._standing.opened(now)
        self._presence = TerminalPresence(now, now, self._presence.logins + 1)
        self._change()
        if self._is_told_lost:
            self._is_told_lost = False
            self._tell(None)

    def detach(self, reason: str) -> None:
        """Its session is over."""
        self.session = None
        self._absence = f"went offline at {self._clock.now():%Y-%m-%d %H:%M:%S} UTC: {reason}"
        self._patient_until = self._clock.monotonic() + PATIENCE_S
        self._standing.lost(self._clock.now(), self._absence)
        self._presence = replace(self._presence, online_since=None)
        self._change()
        self._tell_lost()

    def place_changed(self, trouble: str | None) -> None:
        """The place that it dials is in trouble, or open from now on (None)."""
        self._trouble = trouble
        self._patient_until = self._clock.monotonic() + PATIENCE_S
        self._change()
        if trouble is not None:
            self._tell_lost()

    def check(self, now: float) -> None:
        """Called now and then: tell that it never came."""
        if self.session is None and self._patient_until is not None and now >= self._patient_until:
            self._tell_lost()

    async def present(self) -> Session:
        """Its session, waiting a little where there is hope; LineDown says why there is none."""
        while self.session is None:
            hope_s = PATIENCE_S if self._patient_until is None else self._patient_until - self._clock.monotonic()
            if self._trouble is not None or hope_s <= 0:
                raise LineDown(self.state)
            self._news.clear()
            try:
                async with asyncio.timeout(hope_s):
                    await self._news.wait()
            except TimeoutError:
                continue
        return self.session

    async def _own(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._run_listener())
            group.create_task(self._channel.run())

    async def _run_listener(self) -> None:
        await self._listen()

    def _tell_lost(self) -> None:
        if not self._is_told_lost:
            self._is_told_lost = True
            self._standing.lost(self._clock.now(), self._trouble or self._absence)
            self._tell(self.state)

    def _tell(self, reason: str | None) -> None:
        for told in self._watchers:
            told(reason)

    def _change(self) -> None:
        self._news.set()
