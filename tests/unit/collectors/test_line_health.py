"""What a line tells of itself: counted where it happens, bounded, and never better than it was."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from collectors.channel import Channel
from collectors.gateway import FieldGateway
from collectors.line_health import LineCounters
from collectors.line_urls import LineUrl
from collectors.lines import LineState
from headend.domain.collection import ItemError, ItemResult, MeterAnswer, Priority
from headend.domain.errors import LineDown
from headend.domain.line_health import LATENCY_BOUNDS_S, Latencies, LineHealth, LineStanding
from headend.domain.metering import MeterInstallation
from headend.ports import ReadingSink
from tests.fakes.scripted_pipe import ScriptedPipe
from tests.fakes.virtual_time import VirtualClock, run_virtual
from tests.unit.collectors.test_channel import ENERGY, on_line, reply_to, talk
from tests.unit.collectors.test_mqtt_driver import OURS

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)


def well(answers: int, time_outs: int) -> LineHealth:
    counters = LineCounters(timeouts=time_outs)
    counters.opened(NOW)
    for _ in range(answers):
        counters.answered(0.01)
    return counters.health(0)


@pytest.mark.parametrize("seconds", [0.0, 0.0004, 0.0005, 0.0101, 0.3, 1.0, 59.0, 92.0])
def test_a_percentile_is_right_within_its_bucket(seconds: float) -> None:
    counters = LineCounters()
    for _ in range(1000):
        counters.answered(seconds)
    found = counters.health(0).latencies
    assert found.total == 1000
    for percent in (50, 95, 99):
        told = found.percentile_s(percent)
        assert told is not None and told <= max(seconds * 1.42, LATENCY_BOUNDS_S[0])
        assert told >= seconds / 1.42 or seconds <= LATENCY_BOUNDS_S[0]


def test_percentiles_tell_the_slow_tail_from_the_middle() -> None:
    counters = LineCounters()
    for number in range(1000):
        counters.answered(2.0 if number % 50 == 0 else 0.02)
    found = counters.health(0).latencies
    middle, high, top = (found.percentile_s(percent) for percent in (50, 95, 99))
    assert middle is not None and high is not None and top is not None
    assert middle < 0.03 and high < 0.03 and 1.4 < top < 2.9


def test_what_took_longer_than_all_buckets_is_counted_and_told_as_the_longest() -> None:
    counters = LineCounters()
    counters.answered(1e9)
    assert counters.buckets[-1] == 1
    assert counters.health(0).latencies.percentile_s(99) == LATENCY_BOUNDS_S[-1]


def test_without_an_answer_there_is_no_percentile_and_without_a_question_no_rate() -> None:
    assert Latencies().percentile_s(50) is None
    assert LineHealth().success_percent is None
    assert well(0, 3).success_percent == 0
    with pytest.raises(ValueError, match="3 buckets"):
        Latencies((1, 2, 3))


def test_the_rate_is_rounded_down_so_that_100_is_every_one() -> None:
    assert well(99_999, 1).success_percent == Decimal("99.99")
    assert well(5, 0).success_percent == 100


@pytest.mark.parametrize(
    ("health", "standing"),
    [
        (LineHealth(), LineStanding.UNUSED),
        (LineHealth(is_open=False, latencies=well(500, 0).latencies), LineStanding.DOWN),
        (well(90, 10), LineStanding.UP),
        (well(89, 11), LineStanding.IMPAIRED),
        (well(0, 19), LineStanding.UP),  # too few to judge
        (well(0, 20), LineStanding.IMPAIRED),
    ],
)
def test_the_standing_in_one_word(health: LineHealth, standing: LineStanding) -> None:
    assert health.standing is standing


def test_answers_time_outs_and_strays_are_counted_where_they_happen() -> None:
    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        assert await channel.converse(talk(ENERGY), Priority.ON_DEMAND, 60) == ["11111100"]
        health = channel.health()
        assert (health.exchanges, health.time_outs, health.latencies.total) == (2, 1, 1)
        assert health.noise_bytes == 0 and health.success_percent == 50
        median = health.latencies.percentile_s(50)
        assert median is not None and 0.17 < median < 0.36, "only the try that was answered, without the one before"
        assert health.is_open and health.standing is LineStanding.UP

    on_line(lambda number, request: [(0.25, reply_to(request))] if number else [], work)


def test_a_loss_is_counted_once_however_often_it_is_tried_and_the_time_of_both_changes_is_kept() -> None:
    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        pipe.refuse_open = "connection refused"
        began = VirtualClock().now()
        for _ in range(3):
            with pytest.raises(LineDown):
                await channel.converse(talk(ENERGY), Priority.SCHEDULED, 10)
            await asyncio.sleep(20)
        health = channel.health()
        assert (health.is_open, health.losses, health.reason) == (False, 1, "connection refused")
        assert health.changed_at == began and health.standing is LineStanding.DOWN
        pipe.refuse_open = None
        await asyncio.sleep(60)
        await channel.converse(talk(ENERGY), Priority.SCHEDULED, 10)
        health = channel.health()
        assert (health.is_open, health.losses, health.reason) == (True, 1, "")
        assert health.changed_at is not None and (health.changed_at - began).total_seconds() == 120

    on_line(lambda number, request: [(0.1, reply_to(request))], work)


def test_jobs_that_wait_are_told() -> None:
    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        waiting = [asyncio.create_task(channel.converse(talk(ENERGY), Priority.SCHEDULED, 60)) for _ in range(3)]
        await asyncio.sleep(0.05)
        assert channel.health().waiting == 2, "one is at work"
        await asyncio.gather(*waiting)
        assert channel.health().waiting == 0

    on_line(lambda number, request: [(0.1, reply_to(request))], work)


def test_only_a_refusal_counts_as_one() -> None:
    results = tuple(
        ItemResult("x", None, None, None, "", None, NOW, error=error)
        for error in (None, ItemError.REFUSED, ItemError.NO_ANSWER, ItemError.REFUSED)
    )
    counters = LineCounters()
    counters.told(MeterAnswer(OURS, results, ()))
    assert counters.health(0).refusals == 2


class Failing:
    """A FieldLine whose owner fails so often, after `lives_s`, and then runs."""

    lanes = 1

    def __init__(self, failures: int, lives_s: float) -> None:
        self.failures, self.lives_s = failures, lives_s

    def health(self) -> LineHealth:
        return LineHealth()

    async def run(self) -> None:
        await asyncio.sleep(self.lives_s)
        if self.failures:
            self.failures -= 1
            raise RuntimeError("a bug")
        await asyncio.Event().wait()

    def watch(self, installations: Sequence[MeterInstallation]) -> None: ...


async def _restarted(failures: int, lives_s: float, watch_s: float) -> tuple[FieldGateway, list[str]]:
    told: list[str] = []

    def make(url: LineUrl, on_state: LineState, sink: ReadingSink | None) -> Failing:
        return Failing(failures, lives_s)

    gateway = FieldGateway(
        {OURS.meter.line.url.partition("://")[0]: make},  # type: ignore[dict-item]  # it is not asked
        clock=VirtualClock(),
        on_restart=lambda url, reason: told.append(reason),
    )
    owner = asyncio.create_task(gateway.run())
    await gateway.is_running.wait()
    gateway.watch([OURS])
    await asyncio.sleep(watch_s)
    owner.cancel()
    await asyncio.gather(owner, return_exceptions=True)
    return gateway, told


def test_restarts_are_counted_and_told_the_first_second_fourth_and_eighth_time() -> None:
    async def run() -> None:
        gateway, told = await _restarted(failures=9, lives_s=5, watch_s=100)
        assert gateway.health()[OURS.meter.line.url].restarts == 9
        assert told == [f"internal error: RuntimeError('a bug') (restart {count})" for count in (1, 2, 4, 8)]

    run_virtual(run())


def test_an_owner_that_fails_at_once_is_started_once_a_second_and_starves_nobody() -> None:
    async def run() -> None:
        gateway, _ = await _restarted(failures=10**9, lives_s=0, watch_s=9.5)
        assert gateway.health()[OURS.meter.line.url].restarts == 10

    run_virtual(run())


def test_a_line_that_never_fails_has_no_restarts() -> None:
    async def run() -> None:
        gateway, told = await _restarted(failures=0, lives_s=0, watch_s=100)
        assert gateway.health()[OURS.meter.line.url].restarts == 0 and told == []

    run_virtual(run())
