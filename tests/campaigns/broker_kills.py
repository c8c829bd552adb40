"""C06: the broker is killed again and again while meters publish. No reading is missing at the end and none is doubled.

Mosquitto, its kills, the meters (`republishing_meters.py`, a process of its own), the shipped line, gateway, rules and
DuckDB are real. The broker keeps sessions as a site should have it; it writes them once a second, so a kill takes what
it had acknowledged in the last second and not delivered. The meters send that again, as nothing else could bring it.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import duckdb
import uvloop

from collectors.gateway import FieldGateway
from collectors.gather import GatherReadings
from headend import shipped
from headend.bootstrap.field import build_field
from headend.clock import SystemClock
from headend.domain.instants import to_us
from headend.domain.metering import Protocol
from headend.live_feed import InProcessFeed
from headend.services.accept_readings import AcceptReadings
from headend.services.meter_facts import MeterFacts
from headend.stores.readings import DuckDbReadingStore
from tests.benches.head_end_parts import ROOT, ZONE
from tests.campaigns.republishing_meters import address, instant, value
from tests.campaigns.verdict import Stopwatch, Verdict
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry
from tests.fakes.meters import registration
from tests.fakes.mosquitto import Broker

METERS, READINGS_PER_KILL, MOST_KILLS = 20, 1_000, 20
LIVES_S, GONE_S, SECONDS_A_KILL = (2.0, 4.0), (0.1, 1.5), 5.0
RECONNECT_WITHIN_S, SETTLES_WITHIN_S = 10.0, 60.0
SITE = """\
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 1
max_queued_messages 100000
"""
CLOCK = SystemClock()
REGISTER = shipped.reading_types(ROOT).by_name("active_energy_import")


class BrokerVerdict(Verdict):
    """With the kills, and the longest that the line needed to be back after the broker was."""

    kills: int
    reconnect_s: float


@dataclass(frozen=True, slots=True)
class Side:
    """What differs between the shipped consumer and the one that must fail, and how far back meters send again."""

    identifier: str = "headend-campaign"
    replay_s: float = 5.0


SHIPPED = Side()
AS_ACKNOWLEDGED = Side(replay_s=0.0)  # meters that believe an acknowledgement: what a kill costs is seen
FORGOTTEN = Side(identifier="", replay_s=0.0)  # a consumer for which the broker keeps nothing while it is away


@dataclass
class Line:
    """What the line said of itself."""

    is_up: asyncio.Event = field(default_factory=asyncio.Event)
    is_down: asyncio.Event = field(default_factory=asyncio.Event)

    def told(self, url: str, reason: str | None) -> None:
        (self.is_up if reason is None else self.is_down).set()


def run(seed: int, tried: int, side: Side = SHIPPED) -> BrokerVerdict:
    """`tried` readings, with a kill for every thousand, twenty at most."""
    watch, kills = Stopwatch(), min(MOST_KILLS, tried // READINGS_PER_KILL)
    with tempfile.TemporaryDirectory(prefix="headend-broker-") as name:
        folder = Path(name)
        broker = Broker(folder, SITE.format(folder=folder), inflight=200)
        broker.start()
        try:
            returns = uvloop.run(_outages(broker, folder, Random(seed), (tried // METERS, kills), side))
        finally:
            broker.kill()
        bad = wrong_rows(folder / "readings.duckdb", tried // METERS)
    bad += [f"back after {late:.1f} s" for late in returns if late > RECONNECT_WITHIN_S]
    return BrokerVerdict(
        **watch.verdict("C06", seed, tried, bad), kills=len(returns), reconnect_s=round(max(returns), 2)
    )


async def _outages(broker: Broker, folder: Path, chance: Random, amount: tuple[int, int], side: Side) -> list[float]:
    """Seconds from each start of the broker until the line was there again."""
    (each, kills), line, returns = amount, Line(), list[float]()
    async with _head_end(broker, folder / "readings.duckdb", line, side) as settled:
        meters = _publishing(broker, folder, each, kills * SECONDS_A_KILL / each, side.replay_s)
        try:
            for _ in range(kills):
                await asyncio.sleep(chance.uniform(*LIVES_S))
                line.is_up.clear()
                line.is_down.clear()
                broker.kill()
                await line.is_down.wait()
                await asyncio.sleep(chance.uniform(*GONE_S))
                await asyncio.to_thread(broker.start)
                began = CLOCK.monotonic()
                await line.is_up.wait()
                returns.append(CLOCK.monotonic() - began)
            await asyncio.to_thread(meters.wait, SETTLES_WITHIN_S + each)
            assert meters.returncode == 0, (folder / "meters.log").read_text()[-2000:]
        finally:
            meters.kill()
        await settled()
    return returns


def _publishing(broker: Broker, folder: Path, each: int, pace_s: float, replay_s: float) -> subprocess.Popen[bytes]:
    asked = {"port": broker.port, "meters": METERS, "each": each, "pace": pace_s, "replay": replay_s}
    words = [word for name, given in asked.items() for word in (f"--{name}", str(given))]
    command = [sys.executable, "-m", "tests.campaigns.republishing_meters", *words]
    with (folder / "meters.log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)


@asynccontextmanager
async def _head_end(broker: Broker, file: Path, line: Line, side: Side) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """The shipped way of what meters report; gives how to wait until no more comes."""
    registry, events, types = MemoryMeterRegistry(), MemoryEventLog(), shipped.reading_types(ROOT)
    told = {"protocol": Protocol.MQTT, "profile": "headend-json", "line_url": broker.url}
    await registry.register([registration(n, server_address=address(n), **told) for n in range(1, METERS + 1)])
    store = DuckDbReadingStore(file, types)
    await store.open()
    accept = AcceptReadings(
        store, shipped.rule_book(ROOT), MeterFacts(registry), types, clock=CLOCK, events=events, feed=InProcessFeed()
    )
    gather = GatherReadings(accept)
    field_of_site = build_field(ROOT, ZONE, CLOCK, side.identifier)
    gateway = FieldGateway(field_of_site.makers, line.told, gather, clock=CLOCK)
    owners = asyncio.gather(gateway.run(), gather.run())
    await gateway.is_running.wait()
    gateway.watch(await registry.installations())

    async def settled() -> None:
        before = -1
        while (now := sum(health.messages for health in gateway.health().values())) > before:
            before = now
            await asyncio.sleep(1.0)

    try:
        await asyncio.sleep(1.5)  # subscribed, and the broker has written that down
        yield settled
    finally:
        owners.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await owners
        await store.close()


def wrong_rows(file: Path, each: int) -> list[str]:
    """Readings that are missing, doubled, changed or invented, of meters with `each` of them."""
    with duckdb.connect(str(file), read_only=True) as store:
        rows = store.execute(
            "select installation, measured_at, min(value), max(value), count(*) from reading"
            " where reading_type = ? group by all",
            [REGISTER.id],
        ).fetchall()
    true = {to_us(instant(number)): REGISTER.scale(value(number)) for number in range(1, each + 1)}
    return judged({(meter, at): (least, most, count) for meter, at, least, most, count in rows}, true)


def judged(rows: dict[tuple[int, int], tuple[int, int, int]], true: dict[int, int]) -> list[str]:
    """The rows of a store by meter and instant (least and greatest value, count) against what each meter told."""
    wanted = {(meter, at): number for meter in range(1, METERS + 1) for at, number in true.items()}
    found = [f"meter {meter}: the reading of {at} is missing" for meter, at in wanted.keys() - rows.keys()]
    found += [f"meter {meter}: {at} was never told" for meter, at in rows.keys() - wanted.keys()]
    for key in rows.keys() & wanted.keys():
        least, most, count = rows[key]
        found += [f"{key} is there {count} times"] if count > 1 else []
        found += [f"{key}: {wanted[key]} became {least}"] if (least, most) != (wanted[key],) * 2 else []
    return found
