"""A bill across an exchange: two parts that meet at the exchange, and none while nobody has decided."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from headend.clock import SteppedClock
from headend.domain.billing import BillingPeriod, RefusalReason
from headend.services.close_billing_period import CloseBillingPeriod
from tests.fakes.memory_stores import MemoryBillingLedger
from tests.fakes.meters import registers
from tests.unit.headend.identity.places import FIRST, NEW, NOW, Places, order

pytestmark = pytest.mark.asyncio
SHANGHAI = ZoneInfo("Asia/Shanghai")
PERIOD = BillingPeriod.of_month("2026-02", SHANGHAI)
AT = PERIOD.start + timedelta(days=10, minutes=7)


async def closed(places: Places) -> tuple[list[tuple[str, Decimal]], list[tuple[int, RefusalReason]]]:
    """Serial number and consumption of each line; installation and reason of each refusal but the second place's."""
    ledger = MemoryBillingLedger()
    clock = SteppedClock(datetime(2026, 3, 2, tzinfo=UTC))
    service = CloseBillingPeriod(
        places.registry, places.store, ledger, places.types, zone=SHANGHAI, clock=clock, events=places.events
    )
    batch = await service.close("2026-02")
    lines = [(line.serial_number, line.consumption) for line in await ledger.lines(batch.id)]
    refusals = [(one.installation_id, one.reason) for one in await ledger.refusals(batch.id)]
    return lines, [one for one in refusals if one[0] != 2]


async def exchanged(places: Places) -> None:
    """Found on the tenth day, with readings at both edges."""
    places.clock = SteppedClock(AT)
    await places.install(multiplier=Decimal(20))
    await places.tell(1, FIRST, NEW, NEW)
    await places.accept(registers(places.types, 1, [(PERIOD.start, "4800.00")]))
    await places.accept(registers(places.types, 3, [(PERIOD.end, "123.40")]))


async def test_old_and_new_meter_are_billed_up_to_and_from_the_exchange() -> None:
    places = Places()
    await exchanged(places)
    await places.exchange.confirm(1, order("5000.00", "0.10", at=AT))
    lines, refusals = await closed(places)
    assert lines == [(FIRST, Decimal("4000.00")), (NEW, Decimal("2466.00"))]
    assert refusals == []


async def test_nothing_is_billed_there_before_a_person_has_decided() -> None:
    places = Places()
    await exchanged(places)
    lines, refusals = await closed(places)
    assert lines == []
    assert refusals == [(1, RefusalReason.METER_UNCONFIRMED), (3, RefusalReason.METER_UNCONFIRMED)]


async def test_after_a_rejection_the_registered_meter_is_billed_alone() -> None:
    places = Places()
    await exchanged(places)
    await places.exchange.reject(1, "li")
    await places.accept(registers(places.types, 1, [(PERIOD.end, "5100.00")]))
    assert await closed(places) == ([(FIRST, Decimal("6000.00"))], [])


async def test_an_exchange_after_the_period_changes_nothing_in_it() -> None:
    places = Places()
    await places.install()
    await places.accept(registers(places.types, 1, [(PERIOD.start, "4800.00"), (PERIOD.end, "5000.00")]))
    await places.exchange.exchange(1, NEW, order("5000.50", at=NOW))
    assert await closed(places) == ([(FIRST, Decimal("200.00"))], [])
