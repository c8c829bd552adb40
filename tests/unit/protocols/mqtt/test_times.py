"""Times in payloads: with offset, local, seconds and milliseconds; nonsense is no time."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from protocols.errors import RemoteProtocolError
from protocols.mqtt import TimeFormat, read_time

ZONE = ZoneInfo("Asia/Shanghai")
EIGHT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "form"),
    [
        ("2026-11-24T08:00:00Z", TimeFormat.ISO),
        ("2026-11-24T08:00:00.000000+00:00", TimeFormat.ISO),
        ("2026-11-24T16:00:00+08:00", TimeFormat.ISO),
        ("2026-11-24T16:00:00", TimeFormat.ISO),
        (1795507200, TimeFormat.EPOCH_S),
        (Decimal("1795507200.0"), TimeFormat.EPOCH_S),
        (1795507200000, TimeFormat.EPOCH_MS),
    ],
)
def test_the_same_instant_in_every_form(told: object, form: TimeFormat) -> None:
    assert read_time(told, form, ZONE) == EIGHT


@pytest.mark.parametrize(
    ("told", "form"),
    [
        ("1970-01-01T00:00:12", TimeFormat.ISO),
        ("2026-11-24", TimeFormat.ISO),
        ("yesterday", TimeFormat.ISO),
        (1795507200, TimeFormat.ISO),
        (None, TimeFormat.ISO),
        ("1795507200", TimeFormat.EPOCH_S),
        (True, TimeFormat.EPOCH_S),
        (12, TimeFormat.EPOCH_S),
        (10**30, TimeFormat.EPOCH_MS),
        (Decimal("1e999999999"), TimeFormat.EPOCH_S),
        (1795507200, TimeFormat.EPOCH_MS),
    ],
)
def test_what_is_no_time_says_so(told: object, form: TimeFormat) -> None:
    with pytest.raises(RemoteProtocolError, match="time"):
        read_time(told, form, ZONE)
