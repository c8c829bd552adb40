"""Instants as columns: aware UTC datetimes to and from integer microseconds. Knows no clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_us(instant: datetime) -> int:
    """Microseconds since 1970-01-01 UTC of an aware instant, exact."""
    if instant.tzinfo is None:
        raise ValueError("an instant must be aware")
    return (instant - EPOCH) // MICROSECOND


def from_us(microseconds: int) -> datetime:
    """The aware UTC instant of integer microseconds."""
    return EPOCH + timedelta(microseconds=microseconds)


def iso(instant: datetime) -> str:
    """ISO 8601 in UTC with a Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
