"""The exchange of a meter: found and confirmed, found and rejected, told afterwards, planned ahead."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from headend.domain.errors import Conflict, UnknownMeter
from headend.domain.events import EventKind
from headend.domain.exchanges import CaseState, PlannedExchange
from headend.domain.identity import IdentityFinding
from headend.domain.metering import InstallationState
from headend.domain.readings import ReadingSource
from tests.fakes.meters import registers
from tests.unit.headend.identity.places import FIRST, NEW, NOW, SECOND, Places, order

pytestmark = pytest.mark.asyncio


async def found(**changes: object) -> Places:
    """Another meter was found at the first place."""
    places = Places()
    await places.install(**changes)
    await places.tell(1, FIRST, NEW, NEW)
    return places


async def shown(places: Places, installation: int) -> list[tuple[str, ReadingSource]]:
    return [(one.text, one.source) for one in await places.store.latest(installation)]


async def test_a_confirmed_exchange_ends_the_old_and_begins_the_new_with_their_registers() -> None:
    places = await found()
    case = await places.exchange.confirm(1, order())
    assert (case.state, case.closed_by, case.old.removed_at, case.new.installed_at) == (
        CaseState.CONFIRMED,
        "li",
        order().at,
        order().at,
    )
    assert not case.new.is_switching_blocked and case.new.state is InstallationState.CONFIRMED
    assert case.old.is_switching_blocked, "it hangs nowhere any more"
    assert await shown(places, 1) == [("5000.00", ReadingSource.EXCHANGE)]
    assert await shown(places, 3) == [("0.10", ReadingSource.EXCHANGE)]
    assert (await places.kinds())[-1] is EventKind.EXCHANGE_CONFIRMED
    assert (await places.tell(3, NEW)).finding is IdentityFinding.CONFIRMED


async def test_a_rejected_case_puts_the_old_meter_back_and_keeps_what_the_other_told() -> None:
    places = await found()
    await places.accept(registers(places.types, 3, [(NOW, "77.00")]))
    case = await places.exchange.reject(3, "li", "cable put right")
    assert (case.old.state, case.old.is_open, case.new.state) == (
        InstallationState.CONFIRMED,
        True,
        InstallationState.REJECTED,
    )
    assert await shown(places, 3) == [("77.00", ReadingSource.SCHEDULED)]
    verdict = await places.tell(1, FIRST)
    assert (verdict.finding, verdict.installation.id) == (IdentityFinding.CONFIRMED, 1)


async def test_a_rejected_meter_that_answers_on_is_a_new_case() -> None:
    places = await found()
    await places.exchange.reject(1, "li")
    assert (await places.tell(1, NEW, NEW)).installation.id == 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"last": "4999.99"}, "showed 5000.00"),
        ({"first": "0.21"}, "shows 0.20"),
        ({"at": NOW + timedelta(minutes=1)}, "ahead"),
        ({"at": NOW - timedelta(days=400)}, "before the old meter was installed"),
        ({"last": "-1"}, "below zero"),
        ({"last": "NaN"}, "is a number"),
    ],
)
async def test_an_exchange_that_cannot_be_is_refused_and_changes_nothing(changes: dict[str, str], words: str) -> None:
    places = await found()
    old = registers(places.types, 1, [(NOW - timedelta(hours=2), "5000.00")])
    await places.accept([*old, *registers(places.types, 3, [(NOW, "0.20")])])
    with pytest.raises(Conflict, match=words):
        await places.exchange.confirm(1, order(**changes))  # type: ignore[arg-type]  # texts and instants
    assert [one.id for one in await places.open()] == [2, 3]
    assert len(await places.ledger.cases(CaseState.OPEN)) == 1


async def test_there_is_nothing_to_confirm_where_nobody_was_found() -> None:
    places = Places()
    await places.install()
    with pytest.raises(Conflict, match="no other meter"):
        await places.exchange.confirm(1, order())
    with pytest.raises(UnknownMeter):
        await places.exchange.reject(99, "li")


async def test_a_meter_that_is_registered_elsewhere_is_not_confirmed_here_before_that_is_settled() -> None:
    places = Places()
    await places.install()
    await places.tell(1, FIRST, SECOND, SECOND)
    with pytest.raises(Conflict, match="another usage point"):
        await places.exchange.confirm(1, order())


async def test_an_exchange_is_told_before_the_meter_was_heard() -> None:
    places = Places()
    await places.install()
    case = await places.exchange.exchange(1, NEW, order())
    assert (case.state, case.new.meter.serial_number) == (CaseState.CONFIRMED, NEW)
    assert (await places.tell(3, NEW)).finding is IdentityFinding.CONFIRMED


async def test_an_exchange_told_with_another_number_than_was_heard_is_refused() -> None:
    places = await found()
    with pytest.raises(Conflict, match="tells 700000000009"):
        await places.exchange.exchange(1, "700000000010", order())
    assert (await places.exchange.exchange(1, NEW, order())).state is CaseState.CONFIRMED


def planned(**changes: object) -> PlannedExchange:
    fields: dict[str, object] = {
        "installation_id": 1,
        "serial_number": NEW,
        "expected_at": NOW + timedelta(hours=2),
        "planned_by": "wang",
        "planned_at": NOW,
    }
    return PlannedExchange(**(fields | changes))  # type: ignore[arg-type]  # fields by name


async def test_a_plan_with_both_registers_confirms_itself_when_its_meter_answers() -> None:
    places = Places()
    await places.install()
    await places.exchange.plan(planned(last_register=Decimal("5000"), first_register=Decimal(0)))
    verdict = await places.tell(1, FIRST, NEW, NEW)
    assert (verdict.finding, verdict.installation.id) == (IdentityFinding.EXCHANGED, 3)
    (case,) = await places.ledger.cases()
    assert (case.state, case.closed_by) == (CaseState.CONFIRMED, "wang")
    assert await places.exchange.planned(1) is None


async def test_a_plan_without_registers_waits_for_a_person() -> None:
    places = Places()
    await places.install()
    await places.exchange.plan(planned())
    await places.tell(1, NEW, NEW)
    (case,) = await places.ledger.cases()
    assert (case.state, case.kind) == (CaseState.OPEN, IdentityFinding.EXCHANGED)


async def test_a_plan_does_not_confirm_another_meter_than_the_planned_one() -> None:
    places = Places()
    await places.install()
    await places.exchange.plan(planned(last_register=Decimal("5000"), first_register=Decimal(0)))
    await places.tell(1, FIRST, "700000000010", "700000000010")
    (case,) = await places.ledger.cases()
    assert case.state is CaseState.OPEN


async def test_a_plan_whose_register_cannot_be_leaves_the_case_to_a_person() -> None:
    places = Places()
    await places.install()
    await places.accept(registers(places.types, 1, [(NOW - timedelta(hours=2), "5000.01")]))
    await places.exchange.plan(planned(last_register=Decimal("5000"), first_register=Decimal(0)))
    await places.tell(1, FIRST, NEW, NEW)
    (case,) = await places.ledger.cases()
    assert case.state is CaseState.OPEN
    assert "cannot confirm" in (await places.events.recent(1))[0].detail


@pytest.mark.parametrize(("serial", "words"), [(FIRST, "installed there already"), ("000", "no serial number")])
async def test_a_plan_names_another_meter(serial: str, words: str) -> None:
    places = Places()
    await places.install()
    with pytest.raises(Conflict, match=words):
        await places.exchange.plan(planned(serial_number=serial))
