"""The words in which an event tells of another meter at a place: who, where, since when, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from headend.domain.events import EventKind
from headend.domain.exchanges import IdentityCase
from headend.domain.identity import IdentityFinding
from headend.domain.instants import iso

OPENED: Mapping[IdentityFinding, EventKind] = {
    IdentityFinding.EXCHANGED: EventKind.METER_EXCHANGED,
    IdentityFinding.SWAPPED_CABLES: EventKind.CABLES_SWAPPED,
    IdentityFinding.WRONG_ADDRESS: EventKind.WRONG_ADDRESS,
    IdentityFinding.SHARED_ADDRESS: EventKind.ADDRESS_SHARED,
    IdentityFinding.STRANGER: EventKind.STRANGER_ANSWERS,
}
REMEDY: Mapping[IdentityFinding, str] = {
    IdentityFinding.EXCHANGED: "confirm the exchange with last and first register, or reject it",
    IdentityFinding.SWAPPED_CABLES: "put the two cables right and reject both cases, or confirm both exchanges",
    IdentityFinding.WRONG_ADDRESS: "set the meter's own address right, then reject this case",
    IdentityFinding.SHARED_ADDRESS: "give one of the two meters another address, then reject or confirm this case",
    IdentityFinding.STRANGER: "compare nameplate and register; confirm if this meter belongs here, else reject",
}


def opened_words(case: IdentityCase) -> str:
    """One line for the event log."""
    meter = case.old.meter
    return (
        f"{case.old.usage_point.name}: under {meter.server_address} on {meter.line.url} answers "
        f"{case.new.meter.serial_number} in place of {meter.serial_number} since {iso(case.opened_at)}; "
        f"its readings go to installation {case.new.id}, switching is blocked: {REMEDY[case.kind]}"
    )
