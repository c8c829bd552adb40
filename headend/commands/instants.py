"""Days and times as people write them on the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from headend.domain.errors import ConfigError


def instant(text: str, zone: ZoneInfo, key: str) -> datetime:
    """The instant of a day or of a time of the site; ConfigError says how to write one."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        problem = f"{text!r} is no date"
        raise ConfigError(problem, key=key, remedy="write 2026-12-01 or 2026-12-01T08:00:00+08:00") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
