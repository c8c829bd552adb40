"""`/kpi`: the figures of a day as tiles, one of them over 30 days, all by scope, and down to the meters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from api.access import GuardedRoute, Services
from api.console.rendering import render
from api.parameters import MAX_ID, Skip
from api.routes.kpi import checked
from api.services import ApiServices
from headend.domain.kpi import KpiDefinition, KpiFigure, KpiPoint, ScopeKind, definition_for
from headend.queries.kpi import Outcome, Scope

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)
DAYS, ROWS = 30, 100
ORDER = ("collection_success_rate", "coverage", "completeness", "timeliness", "clock_correct_rate")
OptionalDay = Annotated[date | None, Query(description="a calendar day of the site")]
OfScope = Annotated[int, Query(ge=0, le=MAX_ID)]


@dataclass(frozen=True, slots=True)
class Tile:
    """A KPI on the day, and how many hundredths of a percent it moved since the last figure before."""

    definition: KpiDefinition
    figure: KpiFigure | None
    moved: Decimal | None

    @property
    def is_met(self) -> bool:
        """The target is reached, or nothing was due."""
        percent = None if self.figure is None else self.figure.percent
        return percent is None or percent >= self.definition.target


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """One scope with its figures by KPI."""

    scope: Scope
    name: str
    figures: Mapping[str, KpiFigure]


@router.get("/kpi")
async def show_kpis(
    request: Request,
    services: Services,
    day: OptionalDay = None,
    kpi: Annotated[str, Query(max_length=60)] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The page; unknown words in the address are none, so that an old bookmark still opens."""
    yesterday = services.clock.now().astimezone(services.zone).date() - timedelta(days=1)
    last = checked(day or yesterday)
    points = await services.show_kpis.points(last - timedelta(days=DAYS - 1), last, Scope())
    shown = last if day else max((point.computed.day for point in points), default=last)
    tiles = _tiles(services.show_kpis.definitions, points, shown)
    chosen = next(
        (tile.definition for tile in tiles if tile.definition.id == kpi), tiles[0].definition if tiles else None
    )
    scope_kind = ScopeKind(kind) if kind in tuple(ScopeKind) else ScopeKind.CUSTOMER_CLASS
    rows = _rows(await services.show_kpis.of_kind(shown, shown, scope_kind), chosen)
    return render(
        request,
        "kpi.html",
        day=shown,
        before=shown - timedelta(days=1),
        after=shown + timedelta(days=1) if shown < yesterday else None,
        tiles=tiles,
        chosen=chosen,
        kind=scope_kind,
        kinds=[one for one in ScopeKind if one is not ScopeKind.UTILITY],
        rows=rows[:ROWS],
        total=len(rows),
        has_figures=any(tile.figure for tile in tiles),
    )


@router.get("/kpi/points")
async def show_points(
    services: Services,
    day: date,
    kpi: Annotated[str, Query(max_length=60)],
    kind: ScopeKind = ScopeKind.UTILITY,
    scope: OfScope = 0,
) -> Response:
    """30 days of one figure as data for the drawing; a day without figures is null."""
    last = checked(day)
    days = [last - timedelta(days=back) for back in reversed(range(DAYS))]
    points = await services.show_kpis.points(days[0], last, Scope(kind, scope))
    found = {point.computed.day: point for point in points if point.computed.kpi == kpi}
    return Response(
        orjson.dumps({"points": [_drawn(one, found.get(one), services) for one in days]}), media_type="application/json"
    )


@router.get("/kpi/{id}/{day}")
async def show_meters(
    request: Request,
    services: Services,
    kpi: Annotated[str, Path(alias="id", max_length=60)],
    day: date,
    kind: ScopeKind = ScopeKind.UTILITY,
    scope: OfScope = 0,
    outcome: Outcome = Outcome.MISSED,
    skip: Skip = 0,
) -> Response:
    """The meters behind a figure."""
    detail = await services.show_kpis.detail(
        kpi, checked(day), Scope(kind, scope), outcome, page=slice(skip, skip + ROWS)
    )

    def to(wanted: Outcome, first: int = 0) -> str:
        given = {"kind": kind.value, "scope": scope, "outcome": wanted.value, "skip": first or None}
        return f"/kpi/{kpi}/{day}?" + urlencode({key: value for key, value in given.items() if value is not None})

    end = skip + len(detail.meters)
    return render(
        request,
        "kpi_meters.html",
        detail=detail,
        day=day,
        outcome=outcome,
        outcomes=tuple(Outcome),
        to=to,
        skip=skip,
        before=to(outcome, max(0, skip - ROWS)) if skip else None,
        after=to(outcome, end) if 0 < end < detail.counts[outcome] else None,
    )


def _tiles(definitions: Sequence[KpiDefinition], points: Sequence[KpiPoint], day: date) -> list[Tile]:
    tiles = []
    for kpi in sorted({one.id for one in definitions}, key=lambda one: (one not in ORDER, (*ORDER, one).index(one))):
        definition = definition_for(definitions, kpi, day)
        own = [point for point in points if point.computed.kpi == kpi and point.computed.day <= day]
        if definition is None:
            continue
        figure = own[-1].figure if own and own[-1].computed.day == day else None
        earlier = [
            point.figure.percent for point in own if point.computed.day < day and point.figure.percent is not None
        ]
        percent = None if figure is None else figure.percent
        moved = percent - earlier[-1] if percent is not None and earlier else None
        tiles.append(Tile(definition, figure, moved))
    return tiles


def _rows(points: Sequence[KpiPoint], chosen: KpiDefinition | None) -> list[ScopeRow]:
    """The scopes, the worst of the chosen KPI first; those without a percentage last."""
    by_scope: dict[tuple[int, str], dict[str, KpiFigure]] = {}
    for point in points:
        key = (point.figure.scope_id, point.figure.scope_name)
        by_scope.setdefault(key, {})[point.computed.kpi] = point.figure
    kind = points[0].figure.scope_kind if points else ScopeKind.UTILITY
    rows = [ScopeRow(Scope(kind, number), name, figures) for (number, name), figures in by_scope.items()]

    def worst(row: ScopeRow) -> tuple[bool, Decimal, str]:
        figure = row.figures.get(chosen.id) if chosen else None
        percent = None if figure is None else figure.percent
        return percent is None, percent or Decimal(0), row.name

    return sorted(rows, key=worst)


def _drawn(day: date, point: KpiPoint | None, services: ApiServices) -> dict[str, object]:
    figure = None if point is None else point.figure
    definition = None if point is None else services.show_kpis.definition(point.computed.kpi, point.computed.version)
    return {
        "day": day.isoformat(),
        "label": day.strftime("%m-%d"),
        "percent": None if figure is None or figure.percent is None else str(figure.percent),
        "counts": "" if figure is None else f"{figure.numerator} / {figure.denominator}",
        "target": None if definition is None else str(definition.target),
    }
