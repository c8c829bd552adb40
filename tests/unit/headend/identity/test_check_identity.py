"""What the check makes of tells: who gets the readings, which case is open, what is kept and what is told."""

from __future__ import annotations

import pytest

from headend.domain.events import EventKind
from headend.domain.exchanges import CaseState
from headend.domain.identity import IdentityFinding
from headend.domain.metering import InstallationState
from tests.unit.headend.identity.places import FIRST, FRAME, NEW, SECOND, Places

pytestmark = pytest.mark.asyncio


async def test_the_registered_number_is_confirmed_and_kept_with_time_and_frame() -> None:
    places = Places()
    await places.install()
    verdict = await places.tell(1, FIRST)
    assert (verdict.finding, verdict.installation.id) == (IdentityFinding.CONFIRMED, 1)
    assert places.book.known == {}, "kept in batches"
    await places.check.save()
    (heard,) = await places.book.heard()
    assert (heard.meter_id, heard.identity, heard.learned_at, heard.frame) == (1, "1", places.clock.now(), FRAME)
    assert await places.kinds() == []


async def test_another_number_told_twice_opens_an_unconfirmed_installation_and_blocks_switching() -> None:
    places = Places()
    await places.install()
    assert (await places.tell(1, FIRST, NEW)).installation.id == 1
    verdict = await places.tell(1, NEW)
    assert (verdict.finding, verdict.installation.id) == (IdentityFinding.EXCHANGED, 3)
    old, new = await places.registry.installation(1), await places.registry.installation(3)
    assert (old.state, old.removed_at, old.superseded_at) == (
        InstallationState.SUPERSEDED,
        None,
        new.installed_at,
    ), "the old one is closed by a person only"
    assert (new.meter.serial_number, new.usage_point, new.state) == (
        NEW,
        old.usage_point,
        InstallationState.UNCONFIRMED,
    )
    assert new.is_switching_blocked and old.is_switching_blocked
    assert not (await places.registry.installation(2)).is_switching_blocked
    assert [one.id for one in await places.open()] == [2, 3]
    assert places.changes == 1, "whoever keeps facts of meters reads them again"


async def test_the_event_says_who_where_and_what_to_do() -> None:
    places = Places()
    await places.install()
    await places.tell(1, FIRST, NEW, NEW, NEW, NEW)
    (event,) = await places.events.recent(10)
    assert (event.kind, event.installation_id) == (EventKind.METER_EXCHANGED, 3)
    for word in ("UP-0001", FIRST, NEW, "switching is blocked", "confirm the exchange"):
        assert word in event.detail


async def test_one_damaged_number_opens_nothing() -> None:
    places = Places()
    await places.install()
    for _ in range(20):
        assert (await places.tell(1, FIRST, NEW, FIRST)).installation.id == 1
        await places.tell(1, *[FIRST] * 8)
    assert [one.id for one in await places.open()] == [1, 2]
    assert await places.kinds() == []


async def test_swapped_cables_are_one_thing_though_heard_one_after_the_other() -> None:
    places = Places()
    await places.install()
    await places.tell(1, FIRST)
    await places.tell(2, SECOND)
    assert (await places.tell(1, SECOND, SECOND)).finding is IdentityFinding.WRONG_ADDRESS
    assert (await places.tell(2, FIRST, FIRST)).finding is IdentityFinding.SWAPPED_CABLES
    cases = await places.ledger.cases(CaseState.OPEN)
    assert {case.kind for case in cases} == {IdentityFinding.SWAPPED_CABLES}
    assert {(case.old.id, case.new.meter.serial_number) for case in cases} == {(1, SECOND), (2, FIRST)}
    assert await places.kinds() == [EventKind.WRONG_ADDRESS, EventKind.CABLES_SWAPPED, EventKind.CABLES_SWAPPED]


async def test_two_meters_in_turn_share_an_address_and_each_keeps_its_own_readings() -> None:
    places = Places()
    await places.install()
    await places.tell(1, FIRST, FIRST, NEW, NEW)
    verdict = await places.tell(1, FIRST, FIRST)
    assert (verdict.finding, verdict.installation.id) == (IdentityFinding.SHARED_ADDRESS, 1)
    assert (await places.tell(1, NEW)).installation.id == 3
    (case,) = await places.ledger.cases(CaseState.OPEN)
    assert case.kind is IdentityFinding.SHARED_ADDRESS
    assert await places.kinds() == [EventKind.METER_EXCHANGED, EventKind.ADDRESS_SHARED]


async def test_noise_in_place_of_a_number_is_told_once_and_opens_nothing() -> None:
    places = Places()
    await places.install()
    await places.tell(1, FIRST, None, None, None, None, None)
    assert await places.kinds() == [EventKind.ADDRESS_SHARED]
    assert [one.id for one in await places.open()] == [1, 2]


async def test_a_restart_forgets_no_case() -> None:
    places = Places()
    await places.install()
    await places.tell(1, FIRST, NEW, NEW)
    places.check = places.new_check()
    verdict = await places.tell(3, NEW)
    assert verdict.installation.id == 3
    assert (await places.tell(3, NEW)).installation.id == 3
    assert len(await places.ledger.cases()) == 1


async def test_a_restart_forgets_no_learned_number() -> None:
    places = Places()
    await places.install(serial_number="1130001000000123456789")
    assert (await places.tell(1, NEW, NEW)).finding is IdentityFinding.LEARNED
    await places.check.save()
    places.check = places.new_check()
    assert (await places.tell(1, NEW)).finding is IdentityFinding.CONFIRMED


async def test_a_meter_without_a_number_says_nothing() -> None:
    places = Places()
    await places.install()
    assert (await places.tell(1, "0" * 12, "F" * 12)).finding is IdentityFinding.UNTOLD
    assert (await places.tell(1, FIRST)).finding is IdentityFinding.CONFIRMED
