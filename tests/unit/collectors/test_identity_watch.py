"""When a meter is asked who it is, what that costs, and whose its readings are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from collectors.identity import IdentityWatch
from headend.clock import SteppedClock
from headend.domain.collection import ItemError, ItemResult, MeterAnswer
from headend.domain.errors import LineDown, NoAnswer, StoreUnavailable
from headend.domain.exchanges import IdentityTold
from headend.domain.identity import IdentityFinding
from headend.domain.metering import MeterInstallation
from headend.domain.quality import ReadingQuality
from headend.ports import IdentityVerdict
from tests.fakes.batches import shipped_types
from tests.fakes.memory_stores import MemoryMeterRegistry
from tests.fakes.meters import registers, registration

pytestmark = pytest.mark.asyncio
NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
ITEM, OWN, NEW = "04000402", "000000000001", "700000000009"
TYPES = shipped_types()
F = IdentityFinding


class Field:
    """A meter at installation 1 that tells what a test says; a check that believes two equal tells."""

    def __init__(self, item: str = ITEM) -> None:
        self.clock, self.registry = SteppedClock(NOW), MemoryMeterRegistry()
        self.watch = IdentityWatch(lambda installation: item, self, clock=self.clock)
        self.tells: list[str | ItemError | Exception] = []
        self.asked = self.saved = 0
        self.is_away = False
        self._last = ""

    def wait(self, minutes: int) -> None:
        self.clock.move_to(self.clock.now() + timedelta(minutes=minutes))

    async def installed(self) -> MeterInstallation:
        if not self.registry.known:
            await self.registry.register([registration(1), registration(2)])
        return await self.registry.installation(1)

    async def session(self, value: str = "100.00") -> MeterAnswer:
        """One pass over the meter; the answer as it is kept."""
        installation = await self.installed()
        items = self.watch.with_identity(installation, ["00010000"])
        readings = tuple(registers(TYPES, 1, [(self.clock.now(), value)]))
        results = [ItemResult("00010000", None, value, Decimal(value), "kWh", None, self.clock.now())]
        if ITEM in items:
            results.append(self._result())
        return await self.watch.settled(installation, MeterAnswer(installation, tuple(results), readings), self.read)

    async def read(self, installation: MeterInstallation, items: Sequence[str]) -> MeterAnswer:
        assert list(items) == [ITEM]
        return MeterAnswer(installation, (self._result(),), ())

    async def told(self, tell: IdentityTold) -> IdentityVerdict:
        if self.is_away:
            raise StoreUnavailable("away")
        if tell.identity == OWN:
            return IdentityVerdict(F.CONFIRMED, await self.registry.installation(1))
        is_believed, self._last = tell.identity is not None and tell.identity == self._last, tell.identity or ""
        number = 2 if is_believed else 1
        return IdentityVerdict(F.EXCHANGED if is_believed else F.DOUBTFUL, await self.registry.installation(number))

    async def save(self) -> None:
        if self.is_away:
            raise StoreUnavailable("away")
        self.saved += 1

    def _result(self) -> ItemResult:
        self.asked += 1
        told = self.tells.pop(0) if self.tells else OWN
        if isinstance(told, Exception):
            raise told
        is_error = isinstance(told, ItemError)
        error = told if isinstance(told, ItemError) else None
        return ItemResult(ITEM, None, None if is_error else told, None, "", None, NOW, error=error)


def marks(answer: MeterAnswer) -> list[frozenset[ReadingQuality]]:
    return [reading.qualities for reading in answer.readings]


DOUBTED = [frozenset({ReadingQuality.IDENTITY_DOUBTED})]


async def test_a_meter_is_asked_once_and_then_once_a_day() -> None:
    field = Field()
    for _ in range(100):
        await field.session()
        field.wait(15)
    assert field.asked == 2


async def test_a_meter_that_cannot_tell_is_never_asked() -> None:
    field = Field(item="")
    answer = await field.session()
    assert (field.asked, marks(answer)) == (0, [frozenset()])


async def test_a_silence_and_an_opened_line_ask_again() -> None:
    field = Field()
    await field.session()
    field.watch.lost(await field.installed())
    await field.session()
    field.watch.line_changed((await field.installed()).meter.line.url, "unplugged")
    await field.session()
    assert field.asked == 2
    field.watch.line_changed((await field.installed()).meter.line.url, None)
    await field.session()
    await field.session()
    assert field.asked == 3


@pytest.mark.parametrize(("value", "asked"), [("100.00", 1), ("111.99", 1), ("99.99", 2), ("200.00", 2)])
async def test_a_register_that_moved_as_none_can_asks_before_it_is_kept(value: str, asked: int) -> None:
    field = Field()
    await field.session("100.00")
    field.wait(15)
    await field.session(value)
    assert field.asked == asked


async def test_another_number_is_asked_twice_at_once_and_its_readings_go_elsewhere() -> None:
    field = Field()
    await field.session()
    field.watch.lost(await field.installed())
    field.tells = [NEW, NEW]
    answer = await field.session()
    assert (field.asked, answer.installation.id, [r.installation_id for r in answer.readings]) == (3, 2, [2])
    assert marks(answer) == [frozenset()]


async def test_numbers_that_differ_each_time_leave_the_readings_doubted() -> None:
    field = Field()
    field.tells = ["700000000001", "700000000002", "700000000003"]
    answer = await field.session()
    assert (field.asked, [r.installation_id for r in answer.readings], marks(answer)) == (3, [1], DOUBTED)
    assert marks(await field.session()) == [frozenset()], "asked again in the next pass"


async def test_one_damaged_number_changes_nothing() -> None:
    field = Field()
    field.tells = [NEW, OWN]
    answer = await field.session()
    assert (field.asked, answer.installation.id, marks(answer)) == (2, 1, [frozenset()])


async def test_a_meter_that_answers_all_but_this_is_asked_three_times_and_then_tomorrow() -> None:
    field = Field()
    field.tells = [ItemError.NO_ANSWER] * 10
    for _ in range(20):
        assert marks(await field.session()) == [frozenset()]
    assert field.asked == 3


async def test_a_suspicious_register_whose_meter_does_not_say_is_marked() -> None:
    field = Field()
    await field.session("100.00")
    field.tells = [ItemError.NO_ANSWER] * 3
    assert marks(await field.session("5.00")) == DOUBTED


async def test_a_tell_that_was_lost_on_the_way_is_asked_for_again_where_the_meter_has_told_before() -> None:
    field = Field()
    await field.session()
    field.watch.lost(await field.installed())
    field.tells = [ItemError.NO_ANSWER, NEW, NEW]
    assert [reading.installation_id for reading in (await field.session()).readings] == [2]


async def test_while_the_records_are_away_readings_go_on_and_the_question_waits() -> None:
    field = Field()
    field.is_away = True
    assert marks(await field.session()) == [frozenset()]
    await field.watch.save()
    field.is_away = False
    await field.session()
    assert field.asked == 2


@pytest.mark.parametrize(("tells", "is_sure"), [([OWN], True), ([NEW, NEW], False), ([], True)])
async def test_memory_is_read_of_the_very_meter_only(tells: list[str | ItemError | Exception], is_sure: bool) -> None:
    field = Field()
    field.tells = tells
    assert await field.watch.is_sure(await field.installed(), field.read) is is_sure


@pytest.mark.parametrize("nobody", [NoAnswer("silent"), LineDown("away"), ItemError.NO_ANSWER])
async def test_who_cannot_be_asked_is_neither_this_meter_nor_another(nobody: Exception | ItemError) -> None:
    """Called another meter, its gaps would be given up as those of one without a memory."""
    field = Field()
    field.tells = [nobody]
    with pytest.raises(LineDown if isinstance(nobody, LineDown) else NoAnswer):
        await field.watch.is_sure(await field.installed(), field.read)


async def test_two_questions_of_one_visit_cost_one_tell() -> None:
    field = Field()
    installation = await field.installed()
    assert await field.watch.is_sure(installation, field.read)
    assert await field.watch.is_sure(installation, field.read)
    assert field.asked == 1
    field.wait(2)
    assert await field.watch.is_sure(installation, field.read)
    assert field.asked == 2
