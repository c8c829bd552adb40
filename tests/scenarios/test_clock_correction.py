"""A clock is set over the real wire: one frame an order, what the meter makes of it, and what is told of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from headend.domain.clock_correction import CorrectionTerms, Outcome, Remedy, WriteAccess
from headend.domain.errors import Conflict
from headend.domain.events import EventKind
from headend.services.correct_clock import ClockFiles, CorrectClock
from headend.services.read_now import ReadNow
from tests.campaigns.bad_days import PROFILE
from tests.fakes.memory_clocks import KnownAccess
from tests.fakes.virtual_time import run_virtual
from tests.scenarios.world import SHANGHAI, World, WorldPlan, lines_of

NOON = datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)
BROADCAST, WRITE = 0x08, 0x14
PASSWORD = WriteAccess("02", "123456")
Work = Callable[[World, CorrectClock], Awaitable[None]]


def over_the_wire(
    work: Work, offset_s: int, *, access: WriteAccess | None = None, password: str = "02123456", at: datetime = NOON
) -> World:
    """Two meters on one line, both off by as much; `password` is the one that they know."""

    async def run() -> World:
        async with lines_of(WorldPlan(seed=3, lines=1, meters_per_line=2, profile=PROFILE, midnight=at)) as world:
            for meter in world.meters.values():
                meter.clock.set(world.true.now(), world.true.now() + timedelta(seconds=offset_s))
                object.__setattr__(meter.spec, "password", password)
            files = ClockFiles(CorrectionTerms(), KnownAccess(access), SHANGHAI)
            read = ReadNow(world.registry, world.gateway, world.accept)
            await work(
                world,
                CorrectClock(
                    world.registry,
                    read,
                    world.gateway,
                    world.clock_book,
                    world.follow,
                    files,
                    clock=world.clock,
                    events=world.events,
                ),
            )
            return world

    return run_virtual(run())


def test_a_broadcast_sets_the_line_once_a_day_and_nobody_is_alarmed() -> None:
    async def work(world: World, correct: CorrectClock) -> None:
        await ReadNow(world.registry, world.gateway, world.accept).read(2, ["clock"])
        order = await correct.correct(1, "ada")
        assert (order.remedy, order.outcome, order.before_s) == (Remedy.BROADCAST, Outcome.CORRECTED, 120)
        with pytest.raises(Conflict, match="good"):
            await correct.correct(2, "ada")
        for meter in world.meters.values():
            meter.clock.set(world.true.now(), world.true.now() + timedelta(seconds=100))
        with pytest.raises(Conflict, match="today already"):
            await correct.correct(1, "ada")

    world = over_the_wire(work, 120)
    assert world.log.functions[BROADCAST] == 1
    told = [event.detail for event in world.events._events if event.kind is EventKind.CLOCK_CORRECTED]
    assert told == ["broadcast by ada: corrected, +120 s before, +0 s after"]


def test_a_larger_offset_is_written_with_the_password_and_its_date_with_an_order_of_its_own() -> None:
    async def work(world: World, correct: CorrectClock) -> None:
        first = await correct.correct(1, "ada")
        assert (first.remedy, first.outcome) == (Remedy.WRITE_DATE, Outcome.CORRECTED)
        second = await correct.correct(1, "ada")
        assert (second.remedy, second.outcome) == (Remedy.WRITE_TIME, Outcome.CORRECTED)

    world = over_the_wire(work, -3 * 86_400 - 900, access=PASSWORD)
    assert (world.log.functions[WRITE], world.log.functions[BROADCAST]) == (2, 0)
    told = " ".join(event.detail for event in world.events._events)
    assert "123456" not in told


def test_a_wrong_password_is_a_refusal_and_is_not_tried_again() -> None:
    async def work(world: World, correct: CorrectClock) -> None:
        order = await correct.correct(1, "ada")
        assert (order.outcome, order.after_s) == (Outcome.REFUSED, 900)
        assert "password" in order.reason

    assert over_the_wire(work, 900, access=PASSWORD, password="02999999").log.functions[WRITE] == 1


def test_without_a_password_nothing_is_sent() -> None:
    async def work(world: World, correct: CorrectClock) -> None:
        with pytest.raises(Conflict, match="no password"):
            await correct.correct(1, "ada")

    assert over_the_wire(work, 900).log.functions[WRITE] == 0


def test_around_midnight_nothing_is_sent() -> None:
    async def work(world: World, correct: CorrectClock) -> None:
        with pytest.raises(Conflict, match="midnight"):
            await correct.correct(1, "ada")

    world = over_the_wire(work, 120, at=datetime(2026, 3, 2, tzinfo=SHANGHAI))
    assert world.log.functions[BROADCAST] == 0


def test_a_meter_that_takes_no_notice_is_told_so() -> None:
    async def work(world: World, correct: CorrectClock) -> None:
        for meter in world.meters.values():
            meter.clock.set = lambda at, shown: None  # type: ignore[method-assign]  # a clock that stands by itself
        order = await correct.correct(1, "ada")
        assert order.outcome is Outcome.NOT_MOVED

    over_the_wire(work, 120)
