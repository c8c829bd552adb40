"""The demonstration: embedded stores, simulated meters on real sockets, the whole main job.

`--once` runs on a wall clock that stands still at the two edges of last month, so that the registers billed can be
compared with the simulators' own to the last digit. Without it the machine's clock runs and the console is served.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from headend import shipped
from headend.bootstrap.demo_field import DemoField, FieldPlan, running_field
from headend.bootstrap.demo_fleet import plan_buses
from headend.bootstrap.demo_site import grid, town
from headend.bootstrap.head_end import HeadEnd, open_head_end
from headend.bootstrap.stores import prepare
from headend.clock import SteppedClock, SystemClock
from headend.domain.billing import BillingBatch, BillingPeriod
from headend.ports import Clock
from headend.settings import ApiSettings, Settings, SiteSettings

HISTORY = timedelta(days=70)
SEED = 645
SITE_FILE = "site.yaml"
SITE_TEXT = 'site: {name: "demo"}\ndata: {directory: .}\n'  # so that other commands find the demo's stores
SETTINGS = Settings(site=SiteSettings(name="demo"), api=ApiSettings(port=0))


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What one complete pass did, for people and for machines."""

    meters: int
    read: int
    readings: int
    period: str
    batch: int
    sha256: str
    billed_lines: int
    refused: int
    export: Path
    witness: Path
    site: Path


def last_month(now: datetime, zone: ZoneInfo) -> BillingPeriod:
    """The newest month of the zone that is over."""
    first = now.astimezone(zone).replace(day=1)
    return BillingPeriod.of_month((first - timedelta(days=1)).strftime("%Y-%m"), zone)


async def run_once(meters: int, directory: Path, heard: Callable[[], None]) -> DemoSummary:
    """Read every meter at both edges of last month, validate, close the month, export it."""
    period = last_month(SystemClock().now(), SETTINGS.zone)
    clock = SteppedClock(period.start)
    async with _demo(meters, directory, clock, commissioned=period.start - HISTORY) as (head_end, field):

        async def move_to(instant: datetime) -> None:
            clock.move_to(instant)
            await field.move_to(instant)

        lines = asyncio.create_task(head_end.run_lines())
        try:
            await head_end.gateway.is_running.wait()
            return await _bill(head_end, move_to, period, directory, heard)
        finally:
            lines.cancel()
            await asyncio.gather(lines, return_exceptions=True)


async def _bill(
    head_end: HeadEnd,
    move_to: Callable[[datetime], Awaitable[None]],
    period: BillingPeriod,
    directory: Path,
    heard: Callable[[], None],
) -> DemoSummary:
    installations = await head_end.stores.registry.installations()
    readings = 0
    answered: list[int] = []
    for edge in (period.start, period.end):
        await move_to(edge)
        for report in (
            await head_end.collection.registers(installations, heard),
            await head_end.collection.daily_freezes(installations, [1], heard),
        ):
            readings += report.readings
            answered.append(report.answered)
    batch = await head_end.close_billing.close(period.name)
    exported = await head_end.export_billing.export(batch.id, "csv")
    path = directory / exported.name
    await asyncio.to_thread(path.write_bytes, exported.content)
    return _summary(len(installations), min(answered[0], answered[2]), readings, batch, path, directory)


def _summary(meters: int, read: int, readings: int, batch: BillingBatch, export: Path, directory: Path) -> DemoSummary:
    return DemoSummary(
        meters=meters,
        read=read,
        readings=readings,
        period=batch.period,
        batch=batch.id,
        sha256=batch.sha256,
        billed_lines=batch.line_count,
        refused=batch.refusal_count,
        export=export,
        witness=directory / "witness",
        site=directory / SITE_FILE,
    )


async def run_console(meters: int, directory: Path, port: int, on_ready: Callable[[str, str], None]) -> None:
    """Collect on the machine's clock and serve the console until cancelled; `on_ready` gets URL and password."""
    from headend.bootstrap.serving import serve  # the web stack takes half a second that `--once` need not wait

    clock = SystemClock()
    async with _demo(meters, directory, clock, commissioned=clock.now() - HISTORY) as (head_end, _):
        password = await head_end.sign_in.create_first_administrator() or ""
        await serve(head_end, "127.0.0.1", port, lambda url: on_ready(url, password))


@asynccontextmanager
async def _demo(
    meters: int, directory: Path, clock: Clock, *, commissioned: datetime
) -> AsyncIterator[tuple[HeadEnd, DemoField]]:
    transformers = town(shipped.config_root() / "demo")
    start_of_day = commissioned.astimezone(SETTINGS.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    buses = plan_buses(transformers, meters, SEED, start_of_day.astimezone(UTC))
    stands_at = clock.now() if isinstance(clock, SteppedClock) else None
    async with AsyncExitStack() as stack:
        field = await stack.enter_async_context(
            running_field(FieldPlan(buses, directory / "witness", commissioned, stands_at))
        )
        await asyncio.to_thread(prepare, directory, SETTINGS.data)
        await asyncio.to_thread((directory / SITE_FILE).write_text, SITE_TEXT)
        head_end = await stack.enter_async_context(open_head_end(SETTINGS, directory, clock))
        await head_end.stores.topology.place(grid(transformers, commissioned))
        await head_end.stores.registry.register(field.registrations)
        yield head_end, field
