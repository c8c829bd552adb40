"""Ways at work: who answers by another way, meters that report by themselves, restarts, and silence about others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collectors.ways import HeardSink, WaySteering
from headend.clock import SteppedClock
from headend.domain.collection import ItemResult, MeterAnswer
from headend.domain.events import EventKind
from headend.domain.metering import Line, MeterInstallation, Protocol
from headend.domain.quality import ReadingQuality
from headend.domain.ways import Way, WayReason
from tests.fakes.batches import shipped_types
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry
from tests.fakes.memory_ways import MemoryWayBook
from tests.fakes.meters import registers, registration

pytestmark = pytest.mark.asyncio
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
TYPES = shipped_types()


class Field:
    """Meter 1 with a second way, meter 2 with its own line alone."""

    def __init__(self) -> None:
        self.clock, self.events, self.registry = SteppedClock(NOON), MemoryEventLog(), MemoryMeterRegistry()
        self.book = MemoryWayBook(self.registry)

    async def steering(self) -> tuple[WaySteering, MeterInstallation, MeterInstallation]:
        if not self.registry.known:
            await self.registry.register([registration(1), registration(2)])
            await self.book.add([Way(1, 2, Protocol.DLT645, "p", "7", Line(0, "tcp://spare:1"), NOON)])
        steering = WaySteering(
            self.book, clock=self.clock, events=self.events, identity_item=lambda installation: "number"
        )
        await steering.refresh()
        first, second = await self.registry.installations()
        return steering, first, second


def answer(installation: MeterInstallation, number: str) -> MeterAnswer:
    told = ItemResult("number", None, number, None, "", None, NOON)
    readings = registers(TYPES, installation.id, [(NOON, "1.00")])
    return MeterAnswer(installation, (told,), tuple(readings))


async def fail_over(steering: WaySteering, own: MeterInstallation) -> None:
    for _ in range(2):
        turn = steering.turns([own])[own.id]
        while not turn.is_over:
            assert turn.next is not None
            turn.heard("no answer" if turn.next.way == 1 else "")
        await steering.finished(turn)


async def test_another_meter_behind_a_way_is_marked_and_the_way_has_failed() -> None:
    steering, own, _ = await Field().steering()
    [_, reached] = steering.every([own])
    assert steering.with_identity(reached, ["1"]) == ["1", "number"]
    marked, problem = steering.judged(reached, answer(reached, "000000000099"))
    assert problem == "meter 000000000099 answers there"
    assert all(ReadingQuality.IDENTITY_DOUBTED in one.qualities for one in marked.readings)


async def test_the_right_meter_proves_itself_once_a_day() -> None:
    field = Field()
    steering, own, _ = await field.steering()
    [_, reached] = steering.every([own])
    right = answer(reached, "000000000001")
    assert steering.judged(reached, right) == (right, "")
    assert steering.with_identity(reached, ["1"]) == ["1"]
    field.clock.move_to(NOON + timedelta(days=1))
    assert steering.with_identity(reached, ["1"]) == ["1", "number"]


async def test_numbers_of_another_numbering_prove_nothing() -> None:
    steering, own, _ = await Field().steering()
    [_, reached] = steering.every([own])
    assert steering.judged(reached, answer(reached, "A-7"))[1] == ""


async def test_the_choice_survives_a_restart_and_the_own_line_is_probed_soon() -> None:
    field = Field()
    steering, own, _ = await field.steering()
    await fail_over(steering, own)
    assert steering.in_use(own).meter.line.url == "tcp://spare:1"
    again, _, _ = await field.steering()
    choice = again.choice(1)
    assert (choice.rank, choice.reason, choice.of(1).is_dead, choice.of(1).wait) == (2, WayReason.FAILED_OVER, True, 1)
    changed = [event for event in await field.events.recent(9) if event.kind is EventKind.WAY_CHANGED]
    assert [event.detail for event in changed] == ["way 2 is used in place of way 1, failed_over (no answer)"]


async def test_a_meter_that_reports_is_heard_by_its_way_or_has_failed() -> None:
    field = Field()
    steering, own, _ = await field.steering()
    [_, reached] = steering.every([own])
    assert steering.reported(reached) is None, "too early to say"

    class Kept:
        async def accept(self, readings: object) -> None: ...

    [reading] = registers(TYPES, 1, [(NOON, "1.00")])
    await HeardSink(Kept(), steering).accept([replace(reading, way=2)])
    assert steering.reported(reached) == ""
    assert steering.reported(own) is None, "its own line was not heard"
    field.clock.move_to(NOON + timedelta(minutes=31))
    assert steering.reported(reached) == "the meter has not reported for half an hour"


async def test_a_meter_with_one_line_is_the_very_same_object_and_has_no_turn() -> None:
    steering, own, other = await Field().steering()
    assert steering.in_use(other) is other
    assert set(steering.turns([own, other])) == {1}
    assert steering.every([other]) == [other]
