"""The way to all meters: one line per URL, opened when first used, each owned by its own task."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from collectors.line_urls import LineUrl, parse_line
from collectors.lines import FieldLine, LineState
from headend.domain.clock_correction import Remedy, WriteAccess
from headend.domain.collection import MeterAnswer, Priority
from headend.domain.errors import MeterRefused
from headend.domain.line_health import LineHealth
from headend.domain.metering import MeterInstallation
from headend.ports import Clock, ClockSetter, ReadingSink

log = structlog.get_logger()
MakeLine = Callable[[LineUrl, LineState, ReadingSink | None], FieldLine]
BACKFILL_DEADLINE_S = 120.0
SHORT_LIFE_S = RESTART_PAUSE_S = 1.0  # an owner that fails at once must not keep the loop busy


class FieldGateway:
    """MeterGateway over any number of lines. Works while `run()` runs. `sink` keeps what meters report unasked.

    `on_restart` is told why the owner of a line failed and was started again: the 1st, 2nd, 4th, 8th ... time.
    """

    def __init__(
        self,
        makers: Mapping[str, MakeLine],
        on_line_state: Callable[[str, str | None], None] = lambda url, reason: None,
        sink: ReadingSink | None = None,
        *,
        clock: Clock,
        on_restart: Callable[[str, str], None] = lambda url, reason: None,
    ) -> None:
        self._makers, self._on_line_state, self._sink = makers, on_line_state, sink
        self._clock, self._on_restart = clock, on_restart
        self._restarts = Counter[str]()
        self._lines: dict[str, FieldLine] = {}
        self._group: asyncio.TaskGroup | None = None
        self.is_running = asyncio.Event()

    async def run(self) -> None:
        """Own the lines until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                self.is_running.set()
                await asyncio.Event().wait()
            finally:
                self._group = None
                self.is_running.clear()

    def line(self, installation: MeterInstallation) -> FieldLine:
        """The line that reaches this meter; ConfigError when its URL is wrong."""
        url = installation.meter.line.url
        line = self._lines.get(url)
        if line is None:
            if self._group is None:
                raise RuntimeError("the gateway does not run")
            parsed = parse_line(url)
            line = self._makers[parsed.scheme](parsed, lambda reason: self._on_line_state(url, reason), self._sink)
            self._lines[url] = line
            self._group.create_task(self._own(url, line), name=f"line {url}")
        return line

    async def _own(self, url: str, line: FieldLine) -> None:
        """Run a line for ever: an error in our own code costs this line its present job, and nobody else anything."""
        while True:
            began_at = self._clock.monotonic()
            try:
                await line.run()
            except Exception as error:  # the supervisor of lines is the one place for this
                log.exception("line failed", line=url)
                self._count_restart(url, error)
                if self._clock.monotonic() - began_at < SHORT_LIFE_S:
                    await self._clock.sleep(RESTART_PAUSE_S)

    def _count_restart(self, url: str, error: Exception) -> None:
        self._restarts[url] += 1
        count = self._restarts[url]
        if count & (count - 1) == 0:  # a line that fails for ever does not fill the event log
            self._on_restart(url, f"internal error: {error!r} (restart {count})")

    def health(self) -> Mapping[str, LineHealth]:
        """How every line is, by URL; see LineWatch."""
        told = {url: line.health() for url, line in self._lines.items()}
        return {url: replace(one, restarts=one.restarts + self._restarts[url]) for url, one in told.items()}

    def watch(self, installations: Sequence[MeterInstallation]) -> None:
        """All meters that are registered now; from here on their lines listen for what they report by themselves."""
        by_url: dict[str, list[MeterInstallation]] = {url: [] for url in self._lines}
        for installation in installations:
            self.line(installation)
            by_url.setdefault(installation.meter.line.url, []).append(installation)
        for url, watched in by_url.items():
            self._lines[url].watch(watched)

    async def read(self, installation: MeterInstallation, items: Sequence[str], deadline_s: float) -> MeterAnswer:
        """See MeterGateway."""
        line = self.line(installation)
        asked = items or line.periodic_items(installation)
        return await line.read(installation, asked, Priority.ON_DEMAND, deadline_s)

    async def read_daily_freeze(self, installation: MeterInstallation, days: Sequence[int]) -> MeterAnswer:
        """See MeterGateway."""
        return await self.line(installation).read_daily_freeze(installation, days, BACKFILL_DEADLINE_S)

    async def read_load_profile(self, installation: MeterInstallation, start: datetime, slots: int) -> MeterAnswer:
        """See MeterGateway."""
        return await self.line(installation).read_load_profile(installation, start, slots, BACKFILL_DEADLINE_S)

    async def set_clock(
        self, installation: MeterInstallation, remedy: Remedy, access: WriteAccess | None, deadline_s: float
    ) -> None:
        """See ClockSetter."""
        line = self.line(installation)
        if not isinstance(line, ClockSetter):
            raise MeterRefused("no clock is set over this line")
        await line.set_clock(installation, remedy, access, deadline_s)
