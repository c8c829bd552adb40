"""Two places with a meter each, the identity services over the twins, and words to let meters tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from headend.clock import SteppedClock
from headend.domain.events import EventKind
from headend.domain.exchanges import ExchangeOrder, IdentityTold
from headend.domain.metering import MeterInstallation
from headend.domain.readings import RawFrame, Reading, to_batch
from headend.ports import IdentityVerdict
from headend.services.check_identity import CheckIdentity
from headend.services.exchange_meter import REGISTER, ExchangeMeter
from tests.fakes.batches import shipped_types
from tests.fakes.memory_identity import MemoryExchangeLedger, MemoryIdentityBook
from tests.fakes.memory_readings import MemoryReadingStore
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry
from tests.fakes.meters import registration

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
FIRST, SECOND, NEW = f"{1:012d}", f"{2:012d}", "700000000009"
FRAME = RawFrame(b"\x68\x11", b"\x68\x91")


class Places:
    """What a test looks into."""

    def __init__(self) -> None:
        self.types, self.clock = shipped_types(), SteppedClock(NOW)
        self.registry, self.events, self.book = MemoryMeterRegistry(), MemoryEventLog(), MemoryIdentityBook()
        self.ledger = MemoryExchangeLedger(self.registry, self.book)
        self.store = MemoryReadingStore(self.types)
        self.changes = 0
        self.exchange = ExchangeMeter(
            self.registry,
            self.ledger,
            self.store,
            self,
            self.types.by_name(REGISTER),
            clock=self.clock,
            events=self.events,
            changed=self._change,
        )
        self.check = self.new_check()

    def new_check(self) -> CheckIdentity:
        """As after a restart."""
        return CheckIdentity(self.registry, self.book, self.exchange, clock=self.clock, events=self.events)

    async def install(self, **changes: object) -> None:
        """Two meters; the changes are of the first."""
        await self.registry.register([registration(1, **changes), registration(2)])

    async def tell(self, number: int, *identities: str | None) -> IdentityVerdict:
        """The meter at the place of installation `number` tells, one after another; the last verdict."""
        for identity in identities:
            told = IdentityTold(await self.registry.installation(number), identity, self.clock.now(), FRAME)
            verdict = await self.check.told(told)
        return verdict

    async def open(self) -> list[MeterInstallation]:
        """What is open now."""
        return list(await self.registry.installations())

    async def kinds(self) -> list[EventKind]:
        """What happened, oldest first."""
        return [event.kind for event in reversed(await self.events.recent(100))]

    async def accept(self, readings: list[Reading]) -> None:
        """ReadingSink without rules."""
        await self.store.append(to_batch(readings))

    def _change(self) -> None:
        self.changes += 1


def order(last: str = "5000.00", first: str = "0.10", **changes: object) -> ExchangeOrder:
    """An exchange that was an hour ago."""
    fields: dict[str, object] = {"at": NOW - timedelta(hours=1), "by": "li"}
    registers = {"last_register": Decimal(last), "first_register": Decimal(first)}
    return ExchangeOrder(**(fields | registers | changes))  # type: ignore[arg-type]  # fields by name
