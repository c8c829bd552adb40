"""Park a meter and take it back: with a reason, a person and an event each time. Neither reads nor counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from headend.domain.errors import Conflict
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.instants import iso
from headend.domain.parking import Parking, ParkingReason
from headend.ports import Clock, EventLog, MeterRegistry, Parkings

MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ParkingOrder:
    """What somebody wants: `since` is now when None, and may lie in the past; open-ended without `until`."""

    reason: ParkingReason
    by: str
    note: str = ""
    since: datetime | None = None
    until: datetime | None = None


class ParkMeters:
    """Parks and unparks; knows who is parked now."""

    def __init__(self, registry: MeterRegistry, parkings: Parkings, *, clock: Clock, events: EventLog) -> None:
        self._registry, self._parkings, self._clock, self._events = registry, parkings, clock, events

    async def park(self, installation_id: int, order: ParkingOrder) -> Parking:
        """From now on nothing is expected of the meter; UnknownMeter, Conflict when it cannot be so."""
        now = self._clock.now()
        await self._registry.installation(installation_id)
        since = order.since or now
        if since > now:
            raise Conflict("a meter is parked from now on or from a time that has passed, not from one to come")
        if order.until is not None and order.until <= now:
            raise Conflict(f"the parking would have ended at {iso(order.until)}, which has passed")
        await self.end_expired()
        parking = Parking(installation_id, order.reason, order.note, order.by, since, order.until)
        kept = await self._parkings.park(parking)
        until = f" until {iso(order.until)}" if order.until else ""
        note = f": {order.note}" if order.note else ""
        await self._tell(EventKind.METER_PARKED, now, f"{order.reason} by {order.by}{until}{note}", installation_id)
        return kept

    async def unpark(self, installation_id: int, by: str) -> Parking:
        """The meter is polled and counted again; UnknownMeter, Conflict when it is not parked."""
        now = self._clock.now()
        await self._registry.installation(installation_id)
        ended = await self._parkings.end(installation_id, now, by)
        await self._tell(EventKind.METER_UNPARKED, now, f"by {by}", installation_id)
        return ended

    async def current(self, installation_id: int) -> Parking | None:
        """The parking of a meter that holds now."""
        now = self._clock.now()
        every = await self._parkings.history(installation_id)
        return next((parking for parking in every if parking.is_parked_at(now)), None)

    async def history(self, installation_id: int) -> Sequence[Parking]:
        """All parkings of a meter, newest first; UnknownMeter."""
        await self._registry.installation(installation_id)
        return await self._parkings.history(installation_id)

    async def parked(self) -> dict[int, Parking]:
        """Who is parked now."""
        now = self._clock.now()
        return {parking.installation_id: parking for parking in await self._parkings.between(now, now + MOMENT)}

    async def end_expired(self) -> None:
        """Those whose time is over come back by themselves; an event tells of each."""
        for parking in await self._parkings.end_expired(self._clock.now()):
            assert parking.ended_at is not None
            await self._tell(EventKind.METER_UNPARKED, parking.ended_at, "its time was over", parking.installation_id)

    async def _tell(self, kind: EventKind, at: datetime, detail: str, installation_id: int) -> None:
        await self._events.record(EndDeviceEvent(kind, at, detail, installation_id))
