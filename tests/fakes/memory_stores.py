"""In-memory twins of the state ports. They run the same contract suites as the real stores.

Each says StoreUnavailable while `is_down` is set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from headend.domain.billing import BillingBatch, BillingLine, BillingPeriod, BillingRefusal, digest
from headend.domain.errors import Conflict, StoreUnavailable, UnknownBillingBatch, UnknownMeter
from headend.domain.events import EndDeviceEvent
from headend.domain.metering import Line, Meter, MeterInstallation, MeterRegistration, UsagePoint
from headend.domain.topology import Placement, from_the_top
from headend.domain.users import Session, User
from tests.fakes.memory_readings import MemoryReadingStore

__all__ = [
    "MemoryBillingLedger",
    "MemoryEventLog",
    "MemoryMeterRegistry",
    "MemoryReadingStore",
    "MemoryUserDirectory",
]


class _Switched:
    is_down = False

    def _require_up(self) -> None:
        if self.is_down:
            raise StoreUnavailable("the store is switched off by the test")


class _Placing(Protocol):
    async def place(self, placements: Sequence[Placement]) -> int: ...


class MemoryMeterRegistry(_Switched):
    """Port MeterRegistry."""

    def __init__(self) -> None:
        self._installations: list[MeterInstallation] = []
        self.topology: _Placing | None = None  # set by its twin, so that both change together

    @property
    def known(self) -> Sequence[MeterInstallation]:
        """All installations, whether the store is up or not."""
        return self._installations

    async def installations(self) -> Sequence[MeterInstallation]:
        self._require_up()
        return [one for one in self._installations if one.is_open]

    async def installed_between(self, start: datetime, end: datetime) -> Sequence[MeterInstallation]:
        self._require_up()
        every = self._installations
        return [one for one in every if one.installed_at < end and (one.removed_at is None or one.removed_at > start)]

    def replace(self, changed: MeterInstallation) -> None:
        """Put an installation in the place of the one with its number, or at the end: for the twin of cases."""
        every = {one.id: one for one in self._installations} | {changed.id: changed}
        self._installations = list(every.values())

    async def installation(self, installation_id: int) -> MeterInstallation:
        self._require_up()
        for found in self._installations:
            if found.id == installation_id:
                return found
        raise UnknownMeter(f"no meter installation {installation_id}")

    async def register(self, registrations: Sequence[MeterRegistration]) -> int:
        self._require_up()
        known, places = list(self._installations), _Places(self._installations)
        for position, row in enumerate(registrations, start=1):
            places.take(row, position)
            known.append(_installed(row, len(known) + 1, places.line(row.line_url)))
        before, self._installations = self._installations, known
        supply = [placement for row in registrations for placement in row.supply]
        if supply:
            assert self.topology is not None
            try:
                await self.topology.place(from_the_top(supply))
            except Conflict:
                self._installations = before
                raise
        return len(registrations)


class _Places:
    """What is taken by meters that are open: one look for each row, as a hundred thousand are registered at once."""

    def __init__(self, known: Sequence[MeterInstallation]) -> None:
        open_ones = [one for one in known if one.is_open]
        self._lines = {one.meter.line.url: one.meter.line.id for one in known}
        self._serials = {one.meter.serial_number for one in open_ones}
        self._usage_points = {one.usage_point.name for one in open_ones}
        self._addresses = {(one.meter.line.url, one.meter.server_address) for one in open_ones}

    def take(self, row: MeterRegistration, position: int) -> None:
        """Conflict where somebody else is there."""
        address = (row.line_url, row.server_address)
        if row.serial_number in self._serials:
            raise Conflict(f"registration {position}: serial number {row.serial_number} is installed already")
        if row.usage_point in self._usage_points:
            raise Conflict(f"registration {position}: usage point {row.usage_point} is metered already")
        if address in self._addresses:
            raise Conflict(f"registration {position}: address {row.server_address} on {row.line_url} is taken")
        self._serials.add(row.serial_number)
        self._usage_points.add(row.usage_point)
        self._addresses.add(address)

    def line(self, url: str) -> Line:
        """The line of this URL, known or new."""
        return Line(self._lines.setdefault(url, len(self._lines) + 1), url)


def _installed(row: MeterRegistration, number: int, line: Line) -> MeterInstallation:
    meter = Meter(number, row.serial_number, row.protocol, row.profile, row.server_address, line)
    usage_point = UsagePoint(number, row.usage_point, row.customer_class, row.capacity_kva)
    return MeterInstallation(number, usage_point, meter, row.installed_at, multiplier=row.multiplier)


class MemoryBillingLedger(_Switched):
    """Port BillingLedger."""

    def __init__(self) -> None:
        self._batches: list[tuple[BillingBatch, tuple[BillingLine, ...], tuple[BillingRefusal, ...]]] = []

    async def close(
        self,
        period: BillingPeriod,
        closed_at: datetime,
        lines: Sequence[BillingLine],
        refusals: Sequence[BillingRefusal],
    ) -> BillingBatch:
        self._require_up()
        if any(batch.period == period.name for batch, _, _ in self._batches):
            raise Conflict(f"billing period {period.name} is closed already")
        batch = BillingBatch(
            id=len(self._batches) + 1,
            period=period.name,
            start=period.start,
            end=period.end,
            closed_at=closed_at,
            line_count=len(lines),
            refusal_count=len(refusals),
            sha256=digest(period, lines, refusals),
        )
        self._batches.append((batch, tuple(lines), tuple(refusals)))
        return batch

    async def batches(self) -> Sequence[BillingBatch]:
        self._require_up()
        return [batch for batch, _, _ in reversed(self._batches)]

    async def batch(self, batch_id: int) -> BillingBatch:
        self._require_up()
        if not 0 < batch_id <= len(self._batches):
            raise UnknownBillingBatch(f"no billing batch {batch_id}")
        return self._batches[batch_id - 1][0]

    async def lines(self, batch_id: int) -> Sequence[BillingLine]:
        await self.batch(batch_id)
        return self._batches[batch_id - 1][1]

    async def refusals(self, batch_id: int) -> Sequence[BillingRefusal]:
        await self.batch(batch_id)
        return self._batches[batch_id - 1][2]


class MemoryEventLog(_Switched):
    """Port EventLog."""

    def __init__(self) -> None:
        self._events: list[EndDeviceEvent] = []

    async def record(self, event: EndDeviceEvent) -> None:
        self._require_up()
        self._events.append(replace(event, id=len(self._events) + 1))

    async def recent(self, limit: int, installation_id: int | None = None) -> Sequence[EndDeviceEvent]:
        self._require_up()
        found = [e for e in self._events if installation_id in (None, e.installation_id)]
        return sorted(found, key=lambda e: (e.occurred_at, e.id), reverse=True)[:limit]


class MemoryUserDirectory(_Switched):
    """Port UserDirectory."""

    def __init__(self) -> None:
        self._users: dict[int, User] = {}
        self._sessions: dict[str, Session] = {}

    async def user_named(self, name: str) -> User | None:
        self._require_up()
        return next((user for user in self._users.values() if user.name == name), None)

    async def add_user(self, user: User) -> User:
        if await self.user_named(user.name) is not None:
            raise Conflict(f"there is a user {user.name} already")
        added = replace(user, id=len(self._users) + 1)
        self._users[added.id] = added
        return added

    async def count_users(self) -> int:
        self._require_up()
        return len(self._users)

    async def open_session(self, session: Session) -> None:
        self._require_up()
        if session.user_id not in self._users:
            raise Conflict(f"no user {session.user_id}")
        self._sessions[session.token_hash] = session

    async def session(self, token_hash: str) -> tuple[Session, User] | None:
        self._require_up()
        found = self._sessions.get(token_hash)
        return None if found is None else (found, self._users[found.user_id])

    async def close_session(self, token_hash: str) -> None:
        self._require_up()
        self._sessions.pop(token_hash, None)
