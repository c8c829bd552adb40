"""Records of identity: what a meter was heard to tell, a case of a changed one, an exchange that is planned."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from headend.domain.errors import Conflict
from headend.domain.identity import IdentityFinding
from headend.domain.metering import MeterInstallation
from headend.domain.readings import RawFrame

NO_FRAME = RawFrame(b"", b"")
MOMENT = timedelta(microseconds=1)


def after(installed_at: datetime, ended_at: datetime) -> datetime:
    """An end that lies after its begin, though our own clock was set back in between."""
    return max(ended_at, installed_at + MOMENT)


@dataclass(frozen=True, slots=True)
class IdentityTold:
    """One answer to the question who a meter is; `identity` is None when the answer could not be understood."""

    installation: MeterInstallation
    identity: str | None
    at: datetime
    frame: RawFrame = NO_FRAME


@dataclass(frozen=True, slots=True)
class HeardIdentity:
    """The identity that a meter tells, when it was first heard and last confirmed, and the frames of the first time."""

    meter_id: int
    identity: str
    learned_at: datetime
    confirmed_at: datetime
    frame: RawFrame = NO_FRAME


class CaseState(StrEnum):
    """A case is open until a person has decided."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ExchangeOrder:
    """What a person says of an exchange: when, by whom, the old meter's last and the new one's first register.

    Both are of total active import, in kWh as the meters show it, before any multiplier.
    """

    at: datetime
    by: str
    last_register: Decimal
    first_register: Decimal
    note: str = ""

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("the instant of an exchange must be aware")
        if not (self.last_register.is_finite() and self.first_register.is_finite()):
            raise Conflict("a register is a number")
        if self.last_register < 0 or self.first_register < 0:
            raise Conflict("a register is not below zero")


@dataclass(frozen=True, slots=True)
class IdentityCase:
    """Another meter answers at a place. `old` is superseded, `new` unconfirmed, until a person decides.

    `order` is there once it is confirmed; a rejected case has who and when only.
    """

    id: int
    old: MeterInstallation
    new: MeterInstallation
    kind: IdentityFinding
    identity: str
    opened_at: datetime
    frame: RawFrame = NO_FRAME
    state: CaseState = CaseState.OPEN
    closed_at: datetime | None = None
    closed_by: str = ""
    note: str = ""
    order: ExchangeOrder | None = None


@dataclass(frozen=True, slots=True)
class PlannedExchange:
    """An exchange that is ahead: the meter of this serial number is expected from `expected_at` on.

    Registers are given where they are known already; they then confirm the exchange as soon as the meter tells itself.
    """

    installation_id: int
    serial_number: str
    expected_at: datetime
    planned_by: str
    planned_at: datetime
    last_register: Decimal | None = None
    first_register: Decimal | None = None
    note: str = ""
    id: int = field(default=0)

    def __post_init__(self) -> None:
        if self.expected_at.tzinfo is None or self.planned_at.tzinfo is None:
            raise ValueError("the instants of a plan must be aware")
        if not self.serial_number.strip():
            raise Conflict("the new meter has a serial number")
