"""Shapes of identity: who answers at a place, a case of another meter, and what a person says of an exchange."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.parameters import Instant
from headend.domain.exchanges import CaseState, ExchangeOrder, HeardIdentity, IdentityCase, PlannedExchange
from headend.domain.identity import IdentityFinding
from headend.domain.metering import InstallationState, MeterInstallation
from headend.queries.identity import IdentityPage

Register = Annotated[Decimal, Field(ge=0, lt=1_000_000_000, max_digits=13, decimal_places=4)]
Serial = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z._/-]+$")]
Note = Annotated[str, Field(max_length=1000)]


class Registers(BaseModel):
    """When it was, the old meter's last and the new one's first register of total active import in kWh."""

    model_config = ConfigDict(extra="forbid")

    at: Instant
    last_register: Register
    first_register: Register
    note: Note = ""

    def order(self, by: str) -> ExchangeOrder:
        """In the words of the domain."""
        return ExchangeOrder(self.at, by, self.last_register, self.first_register, self.note.strip())


class ExchangeRequest(BaseModel):
    """Another meter. Ahead of time it is a plan and registers may be missing; else it has happened."""

    model_config = ConfigDict(extra="forbid")

    serial_number: Serial
    at: Instant
    last_register: Register | None = None
    first_register: Register | None = None
    note: Note = ""

    def plan(self, installation_id: int, by: str, now: datetime) -> PlannedExchange:
        """In the words of the domain."""
        registers = (self.last_register, self.first_register)
        return PlannedExchange(installation_id, self.serial_number, self.at, by, now, *registers, self.note.strip())


class Rejection(BaseModel):
    """Why the other meter is not the one that belongs here."""

    model_config = ConfigDict(extra="forbid")

    note: Note = ""


class CaseAnswer(BaseModel):
    """One case; `old` and `new` are installations, `request` and `reply` the frames of the proof in hex."""

    id: int
    kind: IdentityFinding
    state: CaseState
    usage_point: str
    old: int
    new: int
    old_serial_number: str
    new_serial_number: str
    identity: str
    opened_at: Instant
    request: str
    reply: str
    closed_at: Instant | None
    closed_by: str
    note: str
    exchanged_at: Instant | None
    last_register: str | None
    first_register: str | None


class PlanAnswer(BaseModel):
    """An exchange that is ahead."""

    serial_number: str
    expected_at: Instant
    planned_by: str
    planned_at: Instant
    last_register: str | None
    first_register: str | None
    note: str


class IdentityAnswer(BaseModel):
    """Who answers: `is_switching_blocked` while nobody stands behind it; `identity` is what the meter told."""

    installation: int
    serial_number: str
    state: InstallationState
    is_switching_blocked: bool
    installed_at: Instant
    superseded_at: Instant | None
    removed_at: Instant | None
    identity: str
    learned_at: Instant | None
    confirmed_at: Instant | None
    case: CaseAnswer | None
    history: list[CaseAnswer]
    planned: PlanAnswer | None


class CasesAnswer(BaseModel):
    """Cases of all places, newest first."""

    cases: list[CaseAnswer]


def identity_answer(page: IdentityPage) -> IdentityAnswer:
    """All of one installation."""
    heard: HeardIdentity | None = page.heard
    one: MeterInstallation = page.installation
    return IdentityAnswer(
        installation=one.id,
        serial_number=one.meter.serial_number,
        state=one.state,
        is_switching_blocked=one.is_switching_blocked,
        installed_at=one.installed_at,
        superseded_at=one.superseded_at,
        removed_at=one.removed_at,
        identity="" if heard is None else heard.identity,
        learned_at=None if heard is None else heard.learned_at,
        confirmed_at=None if heard is None else heard.confirmed_at,
        case=None if page.case is None else case_answer(page.case),
        history=[case_answer(case) for case in page.closed],
        planned=None if page.planned is None else _plan(page.planned),
    )


def case_answer(case: IdentityCase) -> CaseAnswer:
    """One case."""
    order = case.order
    return CaseAnswer(
        id=case.id,
        kind=case.kind,
        state=case.state,
        usage_point=case.old.usage_point.name,
        old=case.old.id,
        new=case.new.id,
        old_serial_number=case.old.meter.serial_number,
        new_serial_number=case.new.meter.serial_number,
        identity=case.identity,
        opened_at=case.opened_at,
        request=case.frame.request.hex(),
        reply=case.frame.reply.hex(),
        closed_at=case.closed_at,
        closed_by=case.closed_by,
        note=case.note,
        exchanged_at=None if order is None else order.at,
        last_register=None if order is None else str(order.last_register),
        first_register=None if order is None else str(order.first_register),
    )


def _plan(planned: PlannedExchange) -> PlanAnswer:
    return PlanAnswer(
        serial_number=planned.serial_number,
        expected_at=planned.expected_at,
        planned_by=planned.planned_by,
        planned_at=planned.planned_at,
        last_register=_text(planned.last_register),
        first_register=_text(planned.first_register),
        note=planned.note,
    )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
