"""A meter's own clock: drift, offset and settings over true time. It never asks the host for the time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Setting:
    true_us: int
    shown_us: int


class MeterClock:
    """Runs from `start` with `offset` and gains `drift_ppb` nanoseconds a second; `set` moves it."""

    def __init__(self, *, start: datetime, zone: ZoneInfo, drift_ppb: int = 0, offset: timedelta = timedelta()) -> None:
        self.zone = zone
        self._drift_ppb = drift_ppb
        true_us = _microseconds(start)
        self._settings = [_Setting(true_us, true_us + offset // _MICROSECOND)]

    def reading(self, at: datetime) -> datetime:
        """What the clock shows at a true instant, as an aware UTC instant cut to whole seconds."""
        return _instant(self._shown_us(_microseconds(at)) // 1_000_000 * 1_000_000)

    def local(self, at: datetime) -> datetime:
        """What the clock shows, as local time without a zone: the digits on the display."""
        return self.reading(at).astimezone(self.zone).replace(tzinfo=None, fold=0)

    def offset(self, at: datetime) -> timedelta:
        """Shown minus true."""
        true_us = _microseconds(at)
        return _MICROSECOND * (self._shown_us(true_us) - true_us)

    def set(self, at: datetime, shown: datetime) -> None:
        """From `at` on the clock shows `shown` (aware) and goes on drifting."""
        true_us = _microseconds(at)
        if true_us < self._settings[-1].true_us:
            raise ValueError("a clock is not set in its past")
        self._settings.append(_Setting(true_us, _microseconds(shown)))

    def true_instant(self, shown: datetime) -> datetime | None:
        """The true second at which the clock last came to `shown` or was set past it; None before it ran."""
        wanted = _microseconds(shown)
        for setting, end in reversed([*pairwise(self._settings), (self._settings[-1], None)]):
            if wanted >= setting.shown_us:
                reached = setting.true_us + self._time_for(wanted - setting.shown_us)
                return _instant(_ceil_second(reached if end is None else min(reached, end.true_us)))
        return None

    def from_local(self, local: datetime) -> datetime:
        """Display digits to the shown instant; the first of two in a repeated hour."""
        return local.replace(tzinfo=self.zone).astimezone(UTC)

    def _shown_us(self, true_us: int) -> int:
        last = next((s for s in reversed(self._settings) if s.true_us <= true_us), None)
        if last is None:
            raise ValueError("the clock did not run yet")
        ran = true_us - last.true_us
        return last.shown_us + ran + ran * self._drift_ppb // 1_000_000_000

    def _time_for(self, shown_us: int) -> int:
        """True microseconds in which the clock gains at least `shown_us`, and no fewer than needed."""
        rate = 1_000_000_000 + self._drift_ppb
        return -(-shown_us * 1_000_000_000 // rate)


def _ceil_second(us: int) -> int:
    return -(-us // 1_000_000) * 1_000_000


def _microseconds(instant: datetime) -> int:
    if instant.tzinfo is None:
        raise ValueError("an instant must be aware")
    return (instant - _EPOCH) // _MICROSECOND


def _instant(us: int) -> datetime:
    return _EPOCH + us * _MICROSECOND
