"""What is done about a clock, by the table."""

from __future__ import annotations

from datetime import datetime

import pytest

from headend.domain.clock_correction import (
    ClockFacts,
    CorrectionTerms,
    Outcome,
    Remedy,
    WriteAccess,
    decide,
    outcome_of,
)

NOON = datetime(2026, 11, 24, 12, 0, 0)
TERMS = CorrectionTerms()


@pytest.mark.parametrize(
    ("offset_s", "local", "broadcast", "password", "remedy"),
    [
        (0, NOON, False, True, Remedy.NONE),
        (-5, NOON, False, True, Remedy.NONE),
        (6, NOON, False, False, Remedy.BROADCAST),
        (-290, NOON, False, True, Remedy.BROADCAST),
        (291, NOON, False, True, Remedy.WRITE_TIME),
        (291, NOON, False, False, Remedy.PERSON),
        (60, NOON, True, True, Remedy.WRITE_TIME),
        (60, NOON, True, False, Remedy.PERSON),
        (-13 * 3600, NOON, False, True, Remedy.WRITE_DATE),
        (-800_000_000, NOON, False, True, Remedy.PERSON),
        (60, datetime(2026, 11, 24, 0, 6, 0), False, True, Remedy.NONE),
        (60, datetime(2026, 11, 24, 23, 54, 0), False, True, Remedy.NONE),
        (60, datetime(2026, 11, 24, 23, 53, 30), False, True, Remedy.NONE),  # the meter's clock is nearer
        (60, datetime(2026, 11, 24, 0, 7, 0), False, True, Remedy.BROADCAST),
    ],
)
def test_the_table(offset_s: int, local: datetime, broadcast: bool, password: bool, remedy: Remedy) -> None:
    assert decide(ClockFacts(offset_s, local, broadcast, password), TERMS).remedy is remedy


@pytest.mark.parametrize(
    ("remedy", "after_s", "outcome"),
    [
        (Remedy.BROADCAST, 1, Outcome.CORRECTED),
        (Remedy.BROADCAST, 120, Outcome.NOT_MOVED),
        (Remedy.WRITE_TIME, None, Outcome.UNKNOWN),
        (Remedy.WRITE_DATE, 4000, Outcome.CORRECTED),
        (Remedy.WRITE_DATE, -90_000, Outcome.NOT_MOVED),
    ],
)
def test_what_came_of_it(remedy: Remedy, after_s: int | None, outcome: Outcome) -> None:
    assert outcome_of(remedy, -90_000 if remedy is Remedy.WRITE_DATE else 120, after_s, TERMS) is outcome


def test_access_shows_nothing_of_itself() -> None:
    assert "123456" not in repr(WriteAccess("02", "123456", "00000001"))
    with pytest.raises(ValueError, match="six") as error:
        WriteAccess("02", "12345")
    assert "12345" not in str(error.value)


def test_terms_beyond_the_standard_are_refused() -> None:
    with pytest.raises(ValueError, match="broadcast_s"):
        CorrectionTerms(broadcast_s=301)
