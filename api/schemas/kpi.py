"""Shapes of KPIs: definitions, figures, and the meters behind a figure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel

from api.parameters import Instant
from api.schemas.meters import without_password
from headend.domain.kpi import Exclusion, KpiDay, KpiDefinition, KpiPoint, Measure, ScopeKind
from headend.queries.kpi import KpiDetail, KpiMeter, Outcome


class DefinitionAnswer(BaseModel):
    """One version of a KPI; `target` is percent as decimal text."""

    id: str
    version: int
    valid_from: date
    name_en: str
    name_zh: str
    text_en: str
    text_zh: str
    reading_type: str
    numerator: Measure
    denominator: Measure
    exclusions: list[Exclusion]
    unit: str
    target: str


class FigureAnswer(BaseModel):
    """Exact counts of a day; `percent` is decimal text rounded down, null when nothing was due."""

    kpi: str
    version: int
    day: date
    scope_kind: ScopeKind
    scope: int
    scope_name: str
    numerator: int
    denominator: int
    excluded: int
    percent: str | None
    computed_at: Instant


class KpisAnswer(BaseModel):
    """Definitions, all versions of them, and the figures in force by KPI, day and name."""

    definitions: list[DefinitionAnswer]
    figures: list[FigureAnswer]


class ComputationAnswer(BaseModel):
    """One computation; of several for a day the first is in force. `computed_by` is empty for the nightly one."""

    kpi: str
    version: int
    day: date
    computed_at: Instant
    computed_by: str


class ComputedAnswer(BaseModel):
    """What was computed now; empty when every figure was there."""

    computed: list[ComputationAnswer]


class KpiMeterAnswer(BaseModel):
    """What one meter put into a figure, or why it was left out."""

    installation: int
    usage_point: str
    serial_number: str
    numerator: int
    denominator: int
    exclusion: Exclusion | None


class KpiMetersAnswer(BaseModel):
    """The figure in force, how many meters there are of each outcome, and a page of those asked for."""

    figure: FigureAnswer
    counts: dict[Outcome, int]
    reasons: dict[Exclusion, int]
    meters: list[KpiMeterAnswer]
    computations: list[ComputationAnswer]


def kpis_answer(definitions: Sequence[KpiDefinition], points: Sequence[KpiPoint]) -> KpisAnswer:
    """Definitions and figures."""
    return KpisAnswer(definitions=[*map(_definition, definitions)], figures=[*map(_figure, points)])


def meters_answer(detail: KpiDetail) -> KpiMetersAnswer:
    """A figure down to its meters."""
    return KpiMetersAnswer(
        figure=_figure(KpiPoint(detail.computed, detail.figure)),
        counts=dict(detail.counts),
        reasons=dict(detail.reasons),
        meters=[*map(_meter, detail.meters)],
        computations=[*map(computation_answer, detail.history)],
    )


def computation_answer(computed: KpiDay) -> ComputationAnswer:
    """One computation."""
    return ComputationAnswer(
        kpi=computed.kpi,
        version=computed.version,
        day=computed.day,
        computed_at=computed.computed_at,
        computed_by=computed.computed_by,
    )


def _definition(one: KpiDefinition) -> DefinitionAnswer:
    return DefinitionAnswer(
        id=one.id,
        version=one.version,
        valid_from=one.valid_from,
        name_en=one.name_en,
        name_zh=one.name_zh,
        text_en=one.text_en,
        text_zh=one.text_zh,
        reading_type=one.reading_type,
        numerator=one.numerator,
        denominator=one.denominator,
        exclusions=list(one.exclusions),
        unit="percent",
        target=f"{one.target:f}",
    )


def _figure(point: KpiPoint) -> FigureAnswer:
    figure, computed = point.figure, point.computed
    name = without_password(figure.scope_name) if figure.scope_kind is ScopeKind.LINE else figure.scope_name
    return FigureAnswer(
        kpi=computed.kpi,
        version=computed.version,
        day=computed.day,
        scope_kind=figure.scope_kind,
        scope=figure.scope_id,
        scope_name=name,
        numerator=figure.numerator,
        denominator=figure.denominator,
        excluded=figure.excluded,
        percent=None if figure.percent is None else str(figure.percent),
        computed_at=computed.computed_at,
    )


def _meter(meter: KpiMeter) -> KpiMeterAnswer:
    return KpiMeterAnswer(
        installation=meter.installation.id,
        usage_point=meter.installation.usage_point.name,
        serial_number=meter.installation.meter.serial_number,
        numerator=meter.numerator,
        denominator=meter.denominator,
        exclusion=meter.exclusion,
    )
