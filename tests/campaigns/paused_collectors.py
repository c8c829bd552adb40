"""C08: two collector processes of one head-end, paused by SIGSTOP at random. Their wires never carry two voices.

The head-end is the shipped one on real stores, with real child processes and real TCP gateways in a process of their
own, which write down every byte (`witnessed_buses.py`). Meters are asked without a break, and what the days before have
left missing is filled from their memory meanwhile. Each pause is of one child, the other one goes on.

Pauses in the full form: 80 % of 0.1-1 s, 14 % of 1-10 s, 6 % of 10-60 s; a child silent for 10 s is replaced. In the
short form the limit is 3 s, and every fourth pause is longer than that.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import duckdb

from collectors.shards.child import Fence, kill_and_reap
from collectors.shards.shard import Shard
from collectors.shards.split import owner_of
from headend.bootstrap.head_end import HeadEnd, open_head_end
from headend.bootstrap.stores import prepare
from headend.clock import SystemClock
from headend.domain.errors import FieldError
from headend.domain.metering import MeterInstallation
from headend.ports import LedgerQuestion
from headend.settings import CollectorSettings, Settings
from tests.campaigns.bus_judge import Seen, interleaved
from tests.campaigns.verdict import Stopwatch, Verdict
from tests.fakes.meters import registration
from tests.fakes.processes import HEADEND, running, wait_for_line

PROCESSES, BUSES_EACH, METERS_PER_BUS = 2, 2, 3
FULL, FAILOVER_S, SETTLED_WITHIN_S = 500, 60.0, 60.0
REGISTER, SLOT_S = "active_energy_import", 900


@dataclass(frozen=True, slots=True)
class Form:
    """How long a child may be silent, how long the pauses are, and since when the meters stand there."""

    silent_after_s: int
    pauses: Sequence[float]
    installed: timedelta


@dataclass
class Found:
    """What one run has seen."""

    slowest_s: float = 0.0
    replaced: int = 0
    bad: list[str] = field(default_factory=list)
    questions: int = 0


class PausedVerdict(Verdict):
    """With the slowest return of any line after a pause began, children replaced, and questions on all buses."""

    failover_s: float
    replaced: int
    questions: int


def form(seed: int, tried: int) -> Form:
    """The pauses of a seed."""
    chance = Random(seed)
    if tried >= FULL:
        return Form(10, [_any_length(chance) for _ in range(tried)], timedelta(days=2))
    lengths = [5.0 if n % 8 in (2, 3) else chance.uniform(0.1, 1.0) for n in range(tried)]
    return Form(3, lengths, timedelta(hours=2))


def _any_length(chance: Random) -> float:
    kind = chance.random()
    low, high = (0.1, 1.0) if kind < 0.8 else (1.0, 10.0) if kind < 0.94 else (10.0, 60.0)
    return chance.uniform(low, high)


@contextmanager
def _buses(book: Path) -> Iterator[int]:
    """A fleet and the gateways before it; gives their port."""
    count = str(PROCESSES * BUSES_EACH * METERS_PER_BUS)
    fleet = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", "tcp://127.0.0.1:0", "--meters", count]
    with running(fleet, "listening on") as (_, line):
        command = [sys.executable, "-m", "tests.campaigns.witnessed_buses", line.rsplit(":", 1)[1], str(book)]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as gateways:
            try:
                yield int(wait_for_line(gateways, "listening on").split()[-1])
            finally:
                gateways.kill()


@asynccontextmanager
async def _head_end(folder: Path, urls: Sequence[str], shape: Form, fence: Fence) -> AsyncIterator[HeadEnd]:
    """The shipped one with its lines running; nothing is polled by a schedule."""
    settings = Settings(collectors=CollectorSettings(processes=PROCESSES, silent_after_s=shape.silent_after_s))
    start = datetime.fromtimestamp((time.time() - shape.installed.total_seconds()) // SLOT_S * SLOT_S, UTC)
    prepare(folder, settings.data)
    async with open_head_end(settings, folder, SystemClock()) as head_end:
        for shard in head_end.field.shards.shards:
            shard.fence = fence
        rows = [
            registration(1 + bus * METERS_PER_BUS + n, line_url=url, installed_at=start)
            for bus, url in enumerate(urls)
            for n in range(METERS_PER_BUS)
        ]
        await head_end.stores.registry.register(rows)
        lines = asyncio.create_task(head_end.run_lines())
        await head_end.gateway.is_running.wait()
        try:
            yield head_end
        finally:
            lines.cancel()
            await asyncio.gather(lines, return_exceptions=True)


def line_urls(port: int) -> list[str]:
    """As many lines for each child."""
    urls: list[list[str]] = [[] for _ in range(PROCESSES)]
    for n in range(1, 250):
        url = f"tcp://127.0.8.{n}:{port}"
        owned = urls[owner_of(url, PROCESSES)]
        if len(owned) < BUSES_EACH:
            owned.append(url)
    return [url for owned in urls for url in owned]


async def _pauses(shard: Shard, head_end: HeadEnd, lengths: Sequence[float], found: Found, chance: Random) -> None:
    """One after the other; each is over when all lines of the child have answered again."""
    everybody = await head_end.stores.registry.installations()
    firsts = {one.meter.line.url: one for one in everybody}
    mine = [one for url, one in firsts.items() if owner_of(url, PROCESSES) == shard.number]
    for length in lengths:
        await asyncio.sleep(chance.uniform(0.1, 0.6))
        pidfd = os.pidfd_open(await shard.up())  # whoever has its number later is not meant
        began = time.monotonic()
        signal.pidfd_send_signal(pidfd, signal.SIGSTOP)
        waking = asyncio.create_task(_wake(pidfd, length))
        await asyncio.gather(*(_until_read(head_end, one, began) for one in mine))
        took_s = time.monotonic() - began
        found.slowest_s = max(found.slowest_s, took_s)
        found.bad += [f"a pause of {length:.1f} s: back after {took_s:.1f} s"] if took_s > FAILOVER_S else []
        await waking


async def _wake(pidfd: int, after_s: float) -> None:
    await asyncio.sleep(after_s)
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGCONT)
    os.close(pidfd)


async def _until_read(head_end: HeadEnd, installation: MeterInstallation, began: float) -> None:
    while time.monotonic() - began < 2 * FAILOVER_S:
        with suppress(FieldError):
            if (await head_end.gateway.read(installation, ["00010000"], 20.0)).is_answered:
                return
        await asyncio.sleep(0.05)


async def _work(head_end: HeadEnd, stop: asyncio.Event) -> None:
    """Passes without a break; between two, each line fills what it can."""
    everybody = await head_end.stores.registry.installations()
    while not stop.is_set():
        await head_end.collection.registers(everybody)
        await _fill(head_end)


async def _fill(head_end: HeadEnd) -> int:
    jobs = await head_end.backfill.jobs(datetime.now(UTC) - timedelta(days=3))
    done = await asyncio.gather(*(head_end.backfill.fill(job) for job in jobs), return_exceptions=True)
    for error in done:
        if isinstance(error, BaseException) and not isinstance(error, FieldError):
            raise error
    return len(jobs)


async def _settle(head_end: HeadEnd) -> None:
    """Until nothing is missing any more, asked for again as a person would."""
    limit = time.monotonic() + SETTLED_WITHIN_S
    while time.monotonic() < limit:
        await head_end.gaps.keep.try_again(LedgerQuestion())
        if await _fill(head_end) == 0:
            return


async def _run(folder: Path, port: int, shape: Form, seed: int, fence: Fence) -> Found:
    found, stop = Found(), asyncio.Event()
    async with _head_end(folder, line_urls(port), shape, fence) as head_end:
        working = asyncio.create_task(_work(head_end, stop))
        shards = head_end.field.shards.shards
        await asyncio.gather(
            *(
                _pauses(shard, head_end, shape.pauses[n::PROCESSES], found, Random(seed + n))
                for n, shard in enumerate(shards)
            )
        )
        stop.set()
        await working
        await _settle(head_end)
        found.replaced = sum(shard.replaced for shard in shards)
        register = head_end.types.by_name(REGISTER).id
        begins = {one.id: one.installed_at for one in await head_end.stores.registry.installations()}
    found.bad += missing(folder / "readings.duckdb", register, begins)
    return found


def missing(file: Path, register: int, begins: dict[int, datetime]) -> list[str]:
    """Quarter hours since each meter's begin that are over and hold no reading of its register."""
    with duckdb.connect(str(file), read_only=True) as store:
        rows = store.execute(
            "select distinct installation, measured_at // 1000000 // ? from reading where reading_type = ?",
            [SLOT_S, register],
        ).fetchall()
    there, last = set(rows), int(time.time()) // SLOT_S - 1  # what ended as the last pass ended may come later
    return [
        f"meter {meter}: nothing of the quarter hour {datetime.fromtimestamp(slot * SLOT_S, UTC):%d %H:%M}"
        for meter, begin in begins.items()
        for slot in range(int(begin.timestamp()) // SLOT_S, last)
        if (meter, slot) not in there
    ]


def campaign(seed: int, shape: Form, fence: Fence = kill_and_reap) -> Found:
    """One run and its judgement."""
    with tempfile.TemporaryDirectory(prefix="headend-paused-") as name:
        book = Path(name) / "book.jsonl"
        with _buses(book) as port:
            found = asyncio.run(_run(Path(name) / "data", port, shape, seed, fence))
        rows = (json.loads(line) for line in book.read_text().splitlines())
        seen = (Seen(at, bus, number, what, bytes.fromhex(data)) for at, bus, number, what, data in rows)
        bad, questions = interleaved(seen)
    found.bad, found.questions = bad + found.bad, sum(questions.values())
    found.bad += [] if len(questions) == PROCESSES * BUSES_EACH else [f"only {len(questions)} buses were asked"]
    return found


def run(seed: int, tried: int) -> PausedVerdict:
    """`tried` pauses, half of them of each child."""
    watch = Stopwatch()
    found = campaign(seed, form(seed, tried))
    return PausedVerdict(
        **watch.verdict("C08", seed, tried, found.bad),
        failover_s=round(found.slowest_s, 1),
        replaced=found.replaced,
        questions=found.questions,
    )
