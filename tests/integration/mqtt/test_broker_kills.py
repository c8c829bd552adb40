"""C06 in short: kill -9 of the broker while meters publish; the full form is `make soak ONLY=C06`."""

from __future__ import annotations

import pytest

from tests.campaigns.broker_kills import FORGOTTEN, METERS, RECONNECT_WITHIN_S, judged, run

READINGS = 2_000
TRUE = {10: 100, 20: 200}
KEPT = {(meter, at): (value, value, 1) for meter in range(1, METERS + 1) for at, value in TRUE.items()}


@pytest.mark.slow
def test_no_reading_is_lost_or_doubled_by_kills_of_the_broker() -> None:
    verdict = run(645, READINGS)
    assert (verdict["tried"], verdict["kills"], verdict["violations"]) == (READINGS, 2, 0), verdict
    assert 0 < verdict["reconnect_s"] <= RECONNECT_WITHIN_S


@pytest.mark.slow
def test_a_consumer_that_the_broker_forgets_loses_readings() -> None:
    assert run(645, READINGS, FORGOTTEN)["violations"] > 0


def test_a_missing_a_doubled_a_changed_and_an_invented_reading_are_seen() -> None:
    assert judged(KEPT, TRUE) == []
    assert len(judged({key: row for key, row in KEPT.items() if key != (1, 10)}, TRUE)) == 1
    for spoiled in ((1, 10), (100, 100, 2)), ((1, 10), (101, 101, 1)), ((1, 30), (300, 300, 1)):
        assert len(judged({**KEPT, spoiled[0]: spoiled[1]}, TRUE)) == 1
