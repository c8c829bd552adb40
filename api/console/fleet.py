"""`/`: the fleet at a glance, what is silent, what happened, and the table of all meters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from api.access import GuardedRoute, Services
from api.console.rendering import render
from api.fleet_page import FleetPage, fleet_page
from api.parameters import Skip
from api.services import ApiServices
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.metering import MeterInstallation
from headend.queries.fleet import FleetOverview, MeterRow, MeterState

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)
ROWS, SILENT_SHOWN, EVENTS_SHOWN = 50, 6, 6
EVENTS_LOOKED_AT = 100
QUIET = (MeterState.SILENT, MeterState.NEVER)


@dataclass(frozen=True, slots=True)
class FleetLinks:
    """The filter in the URL, and the URLs of the pages before and after."""

    q: str
    state: MeterState | None
    here: str
    before: str | None
    after: str | None


@router.get("/")
async def show_fleet(
    request: Request,
    services: Services,
    q: Annotated[str, Query(max_length=200)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    skip: Skip = 0,
) -> Response:
    """The overview; an unknown state is none, so that an old bookmark still opens."""
    overview = await services.show_fleet.overview()
    wanted = MeterState(state) if state in tuple(MeterState) else None
    page = fleet_page(overview, q, wanted, skip, ROWS)
    return render(
        request,
        "fleet.html",
        overview=overview,
        rate=read_rate(overview),
        quiet=[row for row in overview.rows if row.state in QUIET][:SILENT_SHOWN],
        quiet_count=sum(overview.counts[state] for state in QUIET),
        events=await _field_events(services),
        names=names_of(overview.rows),
        page=page,
        links=_links(q, wanted, page),
        states=tuple(MeterState),
    )


async def _field_events(services: ApiServices) -> Sequence[EndDeviceEvent]:
    """The last events without people's comings: they would push out what an operator looks for."""
    recent = await services.events.recent(EVENTS_LOOKED_AT)
    return [event for event in recent if event.kind is not EventKind.SIGNED_IN][:EVENTS_SHOWN]


def read_rate(overview: FleetOverview) -> str | None:
    """Percent with one decimal, rounded down: 100.0 means every single meter."""
    if not overview.installed:
        return None
    return f"{Decimal(overview.read_today * 1000 // overview.installed) / 10:.1f}"


def names_of(rows: Sequence[MeterRow]) -> dict[int, MeterInstallation]:
    """Installations by number."""
    return {row.installation.id: row.installation for row in rows}


def _links(q: str, state: MeterState | None, page: FleetPage) -> FleetLinks:
    def to(skip: int) -> str:
        given = {"q": q, "state": state, "skip": skip or None}
        query = urlencode({key: value for key, value in given.items() if value})
        return f"/?{query}" if query else "/"

    end = page.skip + len(page.rows)
    return FleetLinks(
        q=q,
        state=state,
        here=to(page.skip),
        before=to(max(0, page.skip - ROWS)) if page.skip else None,
        after=to(end) if 0 < end < page.total else None,
    )
