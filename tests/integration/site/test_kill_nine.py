"""S04 in short: kill -9 of a serving head-end under load; the full form is `make soak ONLY=S04`."""

from __future__ import annotations

import pytest

from tests.campaigns.kill_serve import Key, run, violations

KEY: Key = (1, "active_energy_import", "2026-03-01T00:00:00Z")
OTHER: Key = (2, "active_energy_import", "2026-03-01T00:00:00Z")


@pytest.mark.timeout(240)
@pytest.mark.slow
def test_nothing_acknowledged_is_lost_doubled_or_changed() -> None:
    verdict = run(seed=7, tried=6)
    assert verdict["violations"] == 0, verdict
    assert verdict["acknowledged"] > 100


def test_a_lost_a_changed_and_a_doubled_reading_are_seen() -> None:
    assert violations({KEY: "1.00"}, [(KEY, "1.00"), (OTHER, "5.00")]) == []
    assert len(violations({KEY: "1.00"}, [])) == 1
    assert len(violations({KEY: "1.00"}, [(KEY, "1.01")])) == 1
    assert len(violations({KEY: "1.00"}, [(KEY, "1.00"), (KEY, "1.00")])) == 1
