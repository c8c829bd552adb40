"""KPIs as data: what a figure counts, over whom, whom it leaves out and why. Defines words; computes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from headend.domain.readings import Ints


class Measure(StrEnum):
    """What can be counted of one meter on one day."""

    INSTALLED = "installed"
    HEARD = "heard"
    REGISTER_AT_DAY_END = "register_at_day_end"
    DUE_SLOTS = "due_slots"
    RECEIVED_SLOTS = "received_slots"
    TIMELY_SLOTS = "timely_slots"
    CLOCK_SEEN = "clock_seen"
    CLOCK_CORRECT = "clock_correct"


class Exclusion(StrEnum):
    """Why a meter is not counted on a day; the first that applies, in the order of the definition, is told."""

    NOT_YET_INSTALLED = "not_yet_installed"
    INSTALLED_THAT_DAY = "installed_that_day"
    REMOVED = "removed"
    PARKED = "parked"
    PARKED_ALL_DAY = "parked_all_day"
    NOTHING_DUE = "nothing_due"
    CLOCK_NOT_SEEN = "clock_not_seen"


EXCLUSIONS: tuple[Exclusion, ...] = tuple(Exclusion)


class ScopeKind(StrEnum):
    """For whom a figure is told."""

    UTILITY = "utility"
    SUBSTATION = "substation"
    FEEDER = "feeder"
    TRANSFORMER = "transformer"
    LINE = "line"
    CUSTOMER_CLASS = "customer_class"


@dataclass(frozen=True, slots=True)
class KpiDefinition:
    """One version of a KPI: 100 x sum(numerator) / sum(denominator) over the meters that no exclusion takes out.

    `digest` is over the text of its file: figures remember it, so that a changed file is noticed.
    """

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
    exclusions: tuple[Exclusion, ...]
    target: Decimal
    timely_within_s: int
    heard_within_days: int
    digest: str


@dataclass(frozen=True, slots=True)
class MetricDay:
    """A day of the site: [start, end) as aware UTC instants; 92, 96 or 100 quarters of an hour long."""

    on: date
    start: datetime
    end: datetime

    @classmethod
    def of(cls, day: date, zone: ZoneInfo) -> MetricDay:
        """The calendar day in the local time of the zone."""
        start = datetime(day.year, day.month, day.day, tzinfo=zone)
        following = day + timedelta(days=1)
        end = datetime(following.year, following.month, following.day, tzinfo=zone)
        return cls(day, start.astimezone(UTC), end.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class KpiFigure:
    """Exact counts of one scope; `excluded` counts meters, the other two what the definition counts."""

    scope_kind: ScopeKind
    scope_id: int
    scope_name: str
    numerator: int
    denominator: int
    excluded: int

    @property
    def percent(self) -> Decimal | None:
        """With two decimals, rounded down: 100.00 means every single one. None when nothing was due."""
        return percent_of(self.numerator, self.denominator)


def percent_of(numerator: int, denominator: int) -> Decimal | None:
    """100 x numerator / denominator with two decimals, rounded down."""
    return Decimal(numerator * 10_000 // denominator).scaleb(-2) if denominator else None


@dataclass(frozen=True, slots=True)
class KpiEvidence:
    """What each meter of the fleet put into the figures: columns of equal length, frozen with them.

    `exclusion` is an index in EXCLUSIONS, or -1 for a meter that was counted. Scopes are ids, -1 where there is none.
    """

    installation: Ints
    numerator: Ints
    denominator: Ints
    exclusion: Ints
    substation: Ints
    feeder: Ints
    transformer: Ints
    line: Ints
    customer_class: Ints

    def columns(self) -> tuple[Ints, ...]:
        """The columns in the order of their fields."""
        return tuple(getattr(self, name) for name in self.__slots__)

    def scope(self, kind: ScopeKind) -> Ints:
        """For each meter the scope of this kind that it belongs to; the utility is 0."""
        if kind is ScopeKind.UTILITY:
            return self.installation * 0
        column: Ints = getattr(self, kind)
        return column


@dataclass(frozen=True, slots=True)
class KpiDay:
    """One computation of a KPI for a day; of several, the one with the highest number is in force."""

    kpi: str
    version: int
    digest: str
    day: date
    computed_at: datetime
    computed_by: str
    id: int = 0


@dataclass(frozen=True, slots=True)
class KpiPoint:
    """The figure of a scope in one computation."""

    computed: KpiDay
    figure: KpiFigure


def definition_for(definitions: Sequence[KpiDefinition], kpi: str, day: date) -> KpiDefinition | None:
    """The version of a KPI that was valid on a day: the newest that had begun by then."""
    begun = [one for one in definitions if one.id == kpi and one.valid_from <= day]
    return max(begun, key=lambda one: (one.valid_from, one.version), default=None)
