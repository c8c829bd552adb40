"""The way to all meters: one line per URL, opened when first used, each owned by its own task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog

from collectors.line_urls import LineUrl, parse_line
from collectors.lines import FieldLine, LineState
from headend.domain.collection import MeterAnswer, Priority
from headend.domain.metering import MeterInstallation
from headend.ports import ReadingSink

log = structlog.get_logger()
MakeLine = Callable[[LineUrl, LineState, ReadingSink | None], FieldLine]
BACKFILL_DEADLINE_S = 120.0


class FieldGateway:
    """MeterGateway over any number of lines. Works while `run()` runs. `sink` keeps what meters report unasked."""

    def __init__(
        self,
        makers: Mapping[str, MakeLine],
        on_line_state: Callable[[str, str | None], None] = lambda url, reason: None,
        sink: ReadingSink | None = None,
    ) -> None:
        self._makers, self._on_line_state, self._sink = makers, on_line_state, sink
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
            try:
                await line.run()
            except Exception as error:  # the supervisor of lines is the one place for this
                log.exception("line failed", line=url)
                self._on_line_state(url, f"internal error: {error!r}")

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
