"""Serves a filled site of in-memory twins for the browser tests until it is stopped; the first line says where.

Run by `site` in conftest.py; `headend demo` can stand in its place.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from api.app import create_app
from api.server import serve_app
from headend.clock import SteppedClock
from headend.domain.billing import BillingPeriod
from headend.domain.gap_ledger import Attempt, GapReason
from headend.domain.instants import to_us
from headend.domain.kpi import ScopeKind
from headend.domain.readings import SOURCE_CODE, ReadingSource, to_batch
from headend.domain.slot_runs import slot_of
from headend.domain.users import Role, User
from headend.ports import LedgerQuestion
from tests.fakes.api_services import ZONE, Site
from tests.fakes.metered_day import NEVER, SILENT, answer, fill
from tests.fakes.metered_ways import add_ways
from tests.fakes.meters import registers
from tests.fakes.meters_in_trouble import trouble
from tests.fakes.placed_fleet import place
from tests.fakes.walked_routes import add_routes
from tests.fakes.watched_lines import watch_lines

METERS = 130
NAME, PASSWORD = "admin", "secret"


class RunningClock(SteppedClock):
    """The machine's clock, whoever tries to step it."""

    def now(self) -> datetime:
        return datetime.now(UTC)


async def main() -> None:
    """Fill, serve, and let meters be heard."""
    site = Site(clock=RunningClock(datetime.now(UTC)))
    await site.users.add_user(User(NAME, Role.ADMIN, f"plain {PASSWORD}"))
    await fill(site, meters=METERS, days=2)
    await place(site)
    watch_lines(site)
    await add_routes(site)
    await add_ways(site)
    await trouble(site)
    await _gaps_of_two_days(site)
    await _figures_of_a_month(site)
    await _close_a_month(site)

    def on_ready(url: str) -> None:
        print(json.dumps({"url": url, "name": NAME, "password": PASSWORD}), flush=True)

    async with asyncio.TaskGroup() as group:
        group.create_task(serve_app(create_app(site.services), "127.0.0.1", int(sys.argv[1]), on_ready))
        group.create_task(_hear(site))


async def _gaps_of_two_days(site: Site) -> None:
    """What is missing, and for one meter what came of asking: filled, refused, forgotten, and to be asked again."""
    now = site.clock.now()
    await site.keep_gaps.refresh(now - timedelta(days=2))
    newest, kind = slot_of(now), site.keep_gaps.channels[0].id
    reasons = (GapReason.NO_RECORD, GapReason.REFUSED, GapReason.OLDER_THAN_MEMORY, GapReason.METER_SILENT)
    tried = [
        Attempt(SILENT, newest - 4 * n - 4, newest - 4 * n, reason, to_us(now)) for n, reason in enumerate(reasons)
    ]
    filled = [(kind, slot, SOURCE_CODE[ReadingSource.LOAD_PROFILE]) for slot in range(newest - 19, newest - 16)]
    await site.keep_gaps.tried([*tried, Attempt(SILENT, newest - 19, newest - 16, reasons[0], to_us(now), filled)])
    await site.keep_gaps.try_again(LedgerQuestion(installations=[NEVER], end=0))


async def _figures_of_a_month(site: Site) -> None:
    """Yesterday's as they are, and for the days before the same with a few more missing, one day left out."""
    yesterday = datetime.now(ZONE).date() - timedelta(days=1)
    await site.services.compute_kpis.compute(yesterday, "")
    for kpi in {one.id for one in site.services.show_kpis.definitions}:
        [computed] = await site.kpis.computations(kpi, yesterday)
        evidence = await site.kpis.evidence(computed.id)
        points = [p for kind in ScopeKind for p in await site.kpis.points(yesterday, yesterday, kind)]
        for back in (days for days in range(1, 30) if days != 11):
            figures = [
                replace(f, numerator=max(0, f.numerator - f.denominator * (back * 7 % 5 + (back == 17) * 9) // 200))
                for f in (point.figure for point in points if point.computed.kpi == kpi)
            ]
            await site.kpis.keep(replace(computed, day=yesterday - timedelta(days=back)), figures, evidence)


async def _close_a_month(site: Site) -> None:
    last_month = (datetime.now(ZONE).replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    period = BillingPeriod.of_month(last_month, ZONE)
    for number in range(1, METERS + 1):
        if number % 9 and number != NEVER:
            edges = [(period.start, f"{1000 + number}.25"), (period.end, f"{1300 + 2 * number}.50")]
            await site.readings.append(
                to_batch(registers(site.types, number, edges, source=ReadingSource.DAILY_FREEZE))
            )
    await site.services.close_billing.close(last_month)


async def _hear(site: Site) -> None:
    """Somebody is heard every second."""
    everyone = await site.registry.installations()
    for number in range(10**9):
        await asyncio.sleep(1)
        installation = everyone[number * 7 % len(everyone)]
        if installation.id not in (SILENT, NEVER):
            await site.accept.accept(answer(site, installation, ()).readings)


if __name__ == "__main__":
    asyncio.run(main())
