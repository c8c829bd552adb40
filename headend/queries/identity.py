"""Who answers at a place, as people and the switching of supply ask for it: state, open case, plan, what was before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headend.domain.exchanges import CaseState, HeardIdentity, IdentityCase, PlannedExchange
from headend.domain.metering import MeterInstallation
from headend.ports import ExchangeLedger, IdentityBook, MeterRegistry


@dataclass(frozen=True, slots=True)
class IdentityPage:
    """One installation: what its meter was heard to tell, the open case at its place, closed ones newest first."""

    installation: MeterInstallation
    heard: HeardIdentity | None
    case: IdentityCase | None
    closed: Sequence[IdentityCase]
    planned: PlannedExchange | None


class ShowIdentity:
    """Reads registry, identities, cases and plans."""

    def __init__(self, registry: MeterRegistry, book: IdentityBook, ledger: ExchangeLedger) -> None:
        self._registry, self._book, self._ledger = registry, book, ledger

    async def page(self, installation_id: int) -> IdentityPage:
        """UnknownMeter if there is none."""
        installation = await self._registry.installation(installation_id)
        heard = {one.meter_id: one for one in await self._book.heard_of([installation.meter.id])}
        cases = await self._ledger.cases(installation_id=installation_id)
        plans = {plan.installation_id: plan for plan in await self._ledger.plans()}
        return IdentityPage(
            installation=installation,
            heard=heard.get(installation.meter.id),
            case=next((case for case in cases if case.state is CaseState.OPEN), None),
            closed=[case for case in cases if case.state is not CaseState.OPEN],
            planned=plans.get(installation_id),
        )

    async def cases(self, state: CaseState | None) -> Sequence[IdentityCase]:
        """Of all places, newest first."""
        return await self._ledger.cases(state)
