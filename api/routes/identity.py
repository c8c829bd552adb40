"""`/meters/{id}/identity` and `/exchange`: who answers there, and what a person makes of another meter."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import CurrentUser, GuardedRoute, Services
from api.documented import problems
from api.parameters import InstallationId
from api.schemas.identity import (
    CasesAnswer,
    ExchangeRequest,
    IdentityAnswer,
    Registers,
    Rejection,
    case_answer,
    identity_answer,
)
from api.services import ApiServices
from headend.domain.errors import Conflict
from headend.domain.exchanges import CaseState, ExchangeOrder
from headend.domain.users import User

router = APIRouter(prefix="/api/v1", tags=["meters"], route_class=GuardedRoute)


@router.get("/identity-cases", responses=problems())
async def list_cases(services: Services, state: Annotated[CaseState | None, Query()] = None) -> CasesAnswer:
    """Where another meter answers, or did, newest first."""
    return CasesAnswer(cases=[case_answer(case) for case in await services.show_identity.cases(state)])


@router.get("/meters/{id}/identity", responses=problems(404))
async def show_identity(services: Services, installation_id: InstallationId) -> IdentityAnswer:
    """Who answers, whether people stand behind it, and whether switching is blocked."""
    return identity_answer(await services.show_identity.page(installation_id))


@router.post("/meters/{id}/exchange", status_code=201, responses=problems(404, 409))
async def exchange_meter(
    services: Services, user: CurrentUser, installation_id: InstallationId, asked: ExchangeRequest
) -> IdentityAnswer:
    """Another meter has come (`at` has passed: both registers are needed), or will come."""
    shown = await exchange_or_plan(services, installation_id, asked, _name(user))
    return identity_answer(await services.show_identity.page(shown))


@router.post("/meters/{id}/identity/confirm", responses=problems(404, 409))
async def confirm_exchange(
    services: Services, user: CurrentUser, installation_id: InstallationId, asked: Registers
) -> IdentityAnswer:
    """The meter that was found belongs there: the old installation ends, the new one is confirmed."""
    case = await services.exchange_meter.confirm(installation_id, asked.order(_name(user)))
    return identity_answer(await services.show_identity.page(case.new.id))


@router.post("/meters/{id}/identity/reject", responses=problems(404, 409))
async def reject_exchange(
    services: Services, user: CurrentUser, installation_id: InstallationId, asked: Rejection
) -> IdentityAnswer:
    """The registered meter is the right one: the other one's installation ends."""
    case = await services.exchange_meter.reject(installation_id, _name(user), asked.note.strip())
    return identity_answer(await services.show_identity.page(case.old.id))


async def exchange_or_plan(services: ApiServices, installation_id: int, asked: ExchangeRequest, by: str) -> int:
    """The installation to look at afterwards; Conflict when a past exchange lacks a register."""
    now = services.clock.now()
    if asked.at > now:
        planned = await services.exchange_meter.plan(asked.plan(installation_id, by, now))
        return planned.installation_id
    if asked.last_register is None or asked.first_register is None:
        raise Conflict("an exchange that has been made has a last and a first register")
    order = ExchangeOrder(asked.at, by, asked.last_register, asked.first_register, asked.note.strip())
    case = await services.exchange_meter.exchange(installation_id, asked.serial_number, order)
    return case.new.id


def _name(user: User | None) -> str:
    return user.name if user else ""
