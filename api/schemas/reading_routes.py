"""Shapes of reading routes: as they are, what they take, a proposal, and what may be changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.meters import without_password
from headend.domain.routes import MOST_READERS, MOST_STOPS, Route, RouteKind, RouteStop
from headend.services.design_routes import BusFigures, Figures, Proposal

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
LocalTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class StopAnswer(BaseModel):
    """A usage point on a bus (`rate` in bit/s, 0 = the line's), or a place of a walk in metres."""

    name: str
    x_m: float | None
    y_m: float | None
    minutes: float
    reader: str
    rate: int


class ShareAnswer(BaseModel):
    """What one reader does; no walk past the same stops is shorter than `bound_metres`."""

    reader: str
    stops: int
    minutes: float
    metres: float
    bound_metres: float
    gap_percent: float


class FiguresAnswer(BaseModel):
    """`seconds` and `least_seconds` are of a bus, the rest of a walk; `gap_percent` is how far above a bound it is."""

    gap_percent: float
    seconds: float | None = None
    least_seconds: float | None = None
    dead: list[str] = []
    metres: float | None = None
    longest_minutes: float | None = None
    window_minutes: int | None = None
    unassigned: int = 0
    too_long: list[str] = []
    readers_needed: int | None = None
    shares: list[ShareAnswer] = []


class RouteAnswer(BaseModel):
    """A route whole; `version` goes back with a change."""

    id: int
    version: int
    name: str
    kind: RouteKind
    line: str
    readers: list[str]
    responsible: str
    window_start: str
    window_end: str
    valid_from: date | None
    valid_to: date | None
    stops: list[StopAnswer]


class RoutesAnswer(BaseModel):
    """All, by name."""

    routes: list[RouteAnswer]


class ProposalAnswer(BaseModel):
    """A better route that nobody keeps until somebody does, and what both take."""

    route: RouteAnswer
    before: FiguresAnswer
    after: FiguresAnswer


class ShownRouteAnswer(BaseModel):
    """A route and what it takes."""

    route: RouteAnswer
    figures: FiguresAnswer


class ArrangedStop(BaseModel):
    """A stop at its place in the order, and who goes there."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    reader: str = Field(default="", max_length=255)


class ArrangeRequest(BaseModel):
    """The whole order; every stop once."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1)
    stops: list[ArrangedStop] = Field(min_length=1, max_length=MOST_STOPS)


class RoutePlanRequest(BaseModel):
    """When, by whom, and who answers for it."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1)
    responsible: str = Field(default="", max_length=255)
    window_start: LocalTime
    window_end: LocalTime
    valid_from: date | None = None
    valid_to: date | None = None
    readers: list[Name] = Field(default=[], max_length=MOST_READERS)

    @property
    def window(self) -> tuple[time, time]:
        """As times of day."""
        return time.fromisoformat(self.window_start), time.fromisoformat(self.window_end)


def route_answer(route: Route) -> RouteAnswer:
    """One; the line without its password."""
    plan = route.plan
    return RouteAnswer(
        id=route.id,
        version=route.version,
        name=route.name,
        kind=route.kind,
        line=without_password(route.line_url) if route.line_url else "",
        readers=list(route.readers),
        responsible=plan.responsible,
        window_start=f"{plan.window_start:%H:%M}",
        window_end=f"{plan.window_end:%H:%M}",
        valid_from=plan.valid_from,
        valid_to=plan.valid_to,
        stops=[_stop(stop) for stop in route.stops],
    )


def routes_answer(routes: Sequence[Route]) -> RoutesAnswer:
    """All."""
    return RoutesAnswer(routes=[route_answer(route) for route in routes])


def figures_answer(figures: Figures) -> FiguresAnswer:
    """What it takes."""
    if isinstance(figures, BusFigures):
        return FiguresAnswer(
            gap_percent=round(figures.gap_percent, 2),
            seconds=round(figures.seconds, 3),
            least_seconds=round(figures.least_seconds, 3),
            dead=sorted(figures.dead),
        )
    return FiguresAnswer(
        gap_percent=round(figures.gap_percent, 2),
        metres=round(figures.metres, 1),
        longest_minutes=round(figures.longest_minutes, 1),
        window_minutes=figures.window_minutes,
        unassigned=figures.unassigned,
        too_long=list(figures.too_long),
        readers_needed=figures.readers_needed,
        shares=[
            ShareAnswer(
                reader=share.reader,
                stops=len(share.stops),
                minutes=round(share.minutes, 1),
                metres=round(share.metres, 1),
                bound_metres=round(share.bound_metres, 1),
                gap_percent=round(share.gap_percent, 2),
            )
            for share in figures.shares
        ],
    )


def proposal_answer(proposal: Proposal) -> ProposalAnswer:
    """A proposal."""
    return ProposalAnswer(
        route=route_answer(proposal.route),
        before=figures_answer(proposal.before),
        after=figures_answer(proposal.after),
    )


def _stop(stop: RouteStop) -> StopAnswer:
    x_m, y_m = (None, None) if stop.place is None else (stop.place.x_m, stop.place.y_m)
    return StopAnswer(name=stop.name, x_m=x_m, y_m=y_m, minutes=stop.minutes, reader=stop.reader, rate=stop.rate)
