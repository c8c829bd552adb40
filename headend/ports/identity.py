"""What meters say of themselves, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from headend.domain.exchanges import (
    CaseState,
    ExchangeOrder,
    HeardIdentity,
    IdentityCase,
    IdentityTold,
    PlannedExchange,
)
from headend.domain.identity import IdentityFinding
from headend.domain.metering import MeterInstallation


@dataclass(frozen=True, slots=True)
class IdentityVerdict:
    """What follows from a tell: the finding, and the installation that this session's readings belong to."""

    finding: IdentityFinding
    installation: MeterInstallation


class IdentityCheck(Protocol):
    """Judges what collectors hear; see the service."""

    async def told(self, tell: IdentityTold) -> IdentityVerdict:
        """Judge one tell; a DOUBTFUL finding asks for another one at once."""
        ...

    async def save(self) -> None:
        """Keep what was learned and confirmed since the last time; called after each pass."""
        ...


class IdentityBook(Protocol):
    """What meters were heard to tell."""

    async def heard(self) -> Sequence[HeardIdentity]:
        """One of each meter that ever told, by meter."""
        ...

    async def heard_of(self, meter_ids: Sequence[int]) -> Sequence[HeardIdentity]:
        """Those of these meters, by meter."""
        ...

    async def keep(self, identities: Sequence[HeardIdentity]) -> None:
        """Learn, or confirm what was learned; the frame and time of the first learning stay."""
        ...


class ExchangeLedger(Protocol):
    """Cases of another meter at a place, and plans. One transaction each; nothing is deleted."""

    async def open(self, told: IdentityTold, kind: IdentityFinding) -> IdentityCase:
        """Supersede the installation and open an unconfirmed one of the told meter there, from that instant on.

        Conflict when the installation is not open any more.
        """
        ...

    async def rename(self, case_id: int, kind: IdentityFinding) -> None:
        """More is known: the case is of another kind."""
        ...

    async def confirm(self, case_id: int, order: ExchangeOrder, closed_at: datetime) -> IdentityCase:
        """The old installation ends and the new one begins at `order.at`; Conflict when that cannot be."""
        ...

    async def reject(self, case_id: int, by: str, note: str, closed_at: datetime) -> IdentityCase:
        """The old installation is open again, the new one ends now; Conflict when the case is closed."""
        ...

    async def cases(self, state: CaseState | None = None, installation_id: int | None = None) -> Sequence[IdentityCase]:
        """Newest first; those of a state, those in which an installation is the old or the new one."""
        ...

    async def plan(self, planned: PlannedExchange) -> PlannedExchange:
        """Keep a plan in the place of an earlier one of the same installation; UnknownMeter."""
        ...

    async def plans(self) -> Sequence[PlannedExchange]:
        """Those of open installations that have not come true, by installation."""
        ...
