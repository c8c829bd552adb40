"""Every figure equals what a plain count over the same fleet gives, for every meter and every scope."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headend.domain.kpi import EXCLUSIONS, MetricDay, ScopeKind
from headend.domain.parking import Parking
from headend.domain.quality import ReadingQuality
from headend.domain.readings import ReadingSource
from tests.unit.headend.kpi.fleets import (
    DEFINITIONS,
    LONG,
    ORDINARY,
    SHORT,
    SLOT,
    AMeter,
    AReading,
    Fleet,
    computed,
    parked,
)
from tests.unit.headend.kpi.oracle import OneMeter

MARKS = (ReadingQuality.CLOCK_OFFSET, ReadingQuality.TIME_FROM_HEADEND, ReadingQuality.ESTIMATED, ReadingQuality.SPIKE)


def instants(day: MetricDay) -> st.SearchStrategy[datetime]:
    """Around the day, on the grid of quarters, just beside it, or anywhere."""
    slots = (day.end - day.start) // SLOT
    beside = st.sampled_from(
        [timedelta(0), timedelta(microseconds=1), -timedelta(microseconds=1), timedelta(minutes=7)]
    )
    return st.builds(lambda slot, off: day.start + SLOT * slot + off, st.integers(-6, slots + 6), beside)


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    day = draw(st.sampled_from([ORDINARY, LONG, SHORT]))
    long_ago, at = day.start - timedelta(days=90), instants(day)
    meters = draw(
        st.lists(
            st.builds(_meter, st.just(long_ago) | at, st.none() | at, st.integers(1, 2), st.integers(-1, 1)),
            min_size=1,
            max_size=5,
        )
    )
    number = st.integers(1, len(meters))
    parkings = draw(st.lists(st.builds(_parking, number, st.just(long_ago) | at, st.none() | at), max_size=4))
    late = st.sampled_from(
        [timedelta(seconds=5), SLOT + timedelta(hours=1), SLOT + timedelta(hours=1, microseconds=1), timedelta(days=3)]
    )
    kinds, marks = st.sampled_from([1, 1, 1, 2]), st.sets(st.sampled_from(MARKS), max_size=2)
    reading = st.builds(_reading, number, at, late, kinds, marks, st.sampled_from(ReadingSource))
    return Fleet(meters, _apart(parkings), draw(st.lists(reading, max_size=60)), day)


def _meter(installed: datetime, removed: datetime | None, line: int, transformer: int) -> AMeter:
    return AMeter(installed, removed if removed and removed > installed else None, line, line, transformer)


def _reading(
    meter: int, measured: datetime, late: timedelta, kind: int, marks: set[ReadingQuality], source: ReadingSource
) -> AReading:
    return AReading(meter, measured, measured + late, kind, tuple(marks), source)


def _parking(meter: int, since: datetime, until: datetime | None) -> Parking:
    return parked(meter, since, until if until and until > since else None)


def _apart(parkings: list[Parking]) -> list[Parking]:
    """As the store keeps them: no two of one meter at a time."""
    kept: list[Parking] = []
    for one in parkings:
        if not any(k.installation_id == one.installation_id and k.overlaps(one.since, one.end) for k in kept):
            kept.append(one)
    return kept


@given(fleets(), st.sampled_from(sorted(DEFINITIONS)))
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_sql_and_columns_count_what_a_plain_count_counts(fleet: Fleet, kpi: str) -> None:
    found, definition = computed(fleet, kpi), DEFINITIONS[kpi]
    evidence, sums = found.evidence, {}
    for row, number in enumerate(evidence.installation.tolist()):
        numerator, denominator, reason = OneMeter(fleet, number, definition).counts()
        code = evidence.exclusion[row]
        assert (EXCLUSIONS[code] if code >= 0 else None) == reason, number
        assert (evidence.numerator[row], evidence.denominator[row]) == (numerator, denominator), number
        meter = fleet.meters[number - 1]
        for scope in (
            (ScopeKind.UTILITY, 0),
            (ScopeKind.LINE, meter.line),
            (ScopeKind.CUSTOMER_CLASS, meter.customer_class),
            (ScopeKind.TRANSFORMER, meter.transformer),
        ):
            before = sums.get(scope, (0, 0, 0))
            sums[scope] = (before[0] + numerator, before[1] + denominator, before[2] + (reason is not None))
    sums = {scope: counts for scope, counts in sums.items() if scope[1] >= 0} or {(ScopeKind.UTILITY, 0): (0, 0, 0)}
    told = {(one.scope_kind, one.scope_id): (one.numerator, one.denominator, one.excluded) for one in found.figures}
    assert told == sums
