"""Two collector processes from end to end: they answer as one, and one that dies is replaced."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

import pytest

from collectors.gateway import FieldGateway
from collectors.shards.shard import Shard
from headend.bootstrap.field import build_field
from headend.bootstrap.line_journal import LineJournal
from headend.bootstrap.shards import with_shards
from headend.clock import SystemClock
from headend.domain.clock_correction import Remedy
from headend.domain.errors import LineDown, MeterRefused
from headend.domain.events import EventKind
from headend.domain.metering import MeterInstallation, Protocol
from headend.settings import CollectorSettings, Settings
from tests.benches.head_end_parts import ROOT, ZONE
from tests.campaigns.paused_collectors import line_urls
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry
from tests.fakes.meters import registration
from tests.fakes.processes import HEADEND, free_port, is_there, running

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(90)]
ENERGY = "00010000"


@contextmanager
def fleet() -> Iterator[list[str]]:
    """Four line URLs, two for each child, and a meter for each."""
    command = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", "tcp://0.0.0.0:0", "--meters", "4"]
    with running(command, "listening on") as (_, line):
        yield line_urls(int(line.rsplit(":", 1)[1]))


class Site:
    """A gateway with two children, and what it has told."""

    def __init__(self, urls: Sequence[str]) -> None:
        clock, self.events = SystemClock(), MemoryEventLog()
        self.journal, self.states = LineJournal(self.events, clock), list[tuple[str, str | None]]()
        settings = Settings(collectors=CollectorSettings(processes=2))
        self.field = with_shards(build_field(ROOT, ZONE, clock), settings, self.journal)
        self.gateway = FieldGateway(self.field.makers, lambda *told: self.states.append(told), clock=clock)
        self.urls = urls

    @property
    def shards(self) -> Sequence[Shard]:
        return self.field.shards.shards

    async def meters(self, **changes: object) -> Sequence[MeterInstallation]:
        registry = MemoryMeterRegistry()
        await registry.register([registration(n, line_url=url, **changes) for n, url in enumerate(self.urls, 1)])
        return await registry.installations()


@asynccontextmanager
async def site(urls: Sequence[str]) -> AsyncIterator[Site]:
    made = Site(urls)
    owners = [asyncio.create_task(one) for one in (made.gateway.run(), made.field.shards.run(), made.journal.run())]
    await made.gateway.is_running.wait()
    try:
        yield made
    finally:
        for owner in owners:
            owner.cancel()
        await asyncio.gather(*owners, return_exceptions=True)


async def read_at_last(gateway: FieldGateway, meter: MeterInstallation) -> bool:
    """As askers do: what was asked of a child that has died is asked again."""
    for _ in range(3):
        with suppress(LineDown):
            return (await gateway.read(meter, [ENERGY], 20.0)).is_answered
    return False


async def test_all_lines_answer_and_both_children_have_some() -> None:
    with fleet() as urls:
        async with site(urls) as field:
            meters = await field.meters()
            answers = await asyncio.gather(*(field.gateway.read(one, [ENERGY], 20.0) for one in meters))
            assert all(answer.is_answered and answer.readings for answer in answers)
            assert [answer.installation for answer in answers] == list(meters)
            children = [await shard.up() for shard in field.shards]
            await asyncio.sleep(1.5)  # a beat
            assert all(health.is_open for health in field.gateway.health().values())
            assert len(set(children)) == 2
    assert not any(is_there(child) for child in children)


async def test_errors_are_those_of_the_line_itself_and_its_loss_is_told_once() -> None:
    async with site([f"tcp://127.0.0.1:{free_port()}"]) as field:
        (meter,) = await field.meters()
        for _ in range(2):
            with pytest.raises(LineDown, match=r"Connect call failed|refused|next try"):
                await field.gateway.read(meter, [ENERGY], 20.0)
        assert len(field.states) == 1
        (modbus,) = await field.meters(protocol=Protocol.MODBUS, profile="sdm630", server_address="1")
        with pytest.raises(MeterRefused, match="cannot be set"):
            await field.gateway.set_clock(modbus, Remedy.BROADCAST, None, 5.0)


async def test_a_child_that_is_killed_is_replaced_and_told_and_the_other_one_goes_on() -> None:
    with fleet() as urls:
        async with site(urls) as field:
            meters = await field.meters()
            await asyncio.gather(*(field.gateway.read(one, [ENERGY], 20.0) for one in meters))
            first, other = [await shard.up() for shard in field.shards]
            os.kill(first, signal.SIGKILL)
            assert all([await read_at_last(field.gateway, one) for one in meters])
            assert await field.shards[0].up() != first
            assert await field.shards[1].up() == other
            assert [event.kind for event in await field.events.recent(5)] == [EventKind.COLLECTOR_REPLACED]
