"""Times in payloads: ISO 8601 with or without an offset, seconds or milliseconds since 1970. Asks no clock."""

from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Final

from protocols.errors import RemoteProtocolError

LARGEST_MAGNITUDE: Final = 15
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class TimeFormat(StrEnum):
    """How a device writes the time of its values."""

    ISO = "iso"
    EPOCH_S = "epoch_s"
    EPOCH_MS = "epoch_ms"


def read_time(told: object, form: TimeFormat, zone: tzinfo) -> datetime:
    """The instant in UTC; a local time without offset is in `zone`. RemoteProtocolError where it is no time."""
    try:
        instant = _iso(told, zone) if form is TimeFormat.ISO else _epoch(told, form)
    except (ValueError, OverflowError) as error:
        raise RemoteProtocolError(f"time {told!r:.40}: {error}") from error
    if not _EARLIEST <= instant < _LATEST:
        raise RemoteProtocolError(f"time {told!r:.40} is not in the years 2000 to 2199: the device's clock is not set")
    return instant


def _iso(told: object, zone: tzinfo) -> datetime:
    if not isinstance(told, str) or len(told) > 40 or "T" not in told:
        raise ValueError("is not ISO 8601 with date and time")
    moment = datetime.fromisoformat(told)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _epoch(told: object, form: TimeFormat) -> datetime:
    if isinstance(told, bool) or not isinstance(told, int | Decimal):
        raise ValueError("is not a number since 1970")
    count = Decimal(told)
    if count.adjusted() >= LARGEST_MAGNITUDE:
        raise ValueError("is too large")
    microseconds = count.scaleb(6 if form is TimeFormat.EPOCH_S else 3)
    return _EPOCH + timedelta(microseconds=int(microseconds))
