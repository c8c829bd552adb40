"""Dates and times as a meter writes them: kept byte by byte, because it may write any that no calendar has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum
from typing import Final

from protocols.dlt698.layouts import Reader, Value
from protocols.errors import LocalProtocolError


class MomentKind(Enum):
    """The four types: how many bytes each has."""

    DATE_TIME = 10
    DATE = 5
    TIME = 3
    DATE_TIME_S = 7


_HAS_WEEKDAY: Final = frozenset({MomentKind.DATE_TIME, MomentKind.DATE})


@dataclass(frozen=True, slots=True)
class Moment:
    """Year, month, day, hour, minute, second in the meter's own time, without a zone."""

    kind: MomentKind
    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != self.kind.value:
            raise LocalProtocolError(f"{self.kind.name} has {self.kind.value} bytes, not {len(self.raw)}")

    @property
    def text(self) -> str:
        """As written, valid or not: 2026-10-07T14:16:26, 8214-01-32T22:39:17."""
        parts = []
        if self.kind is not MomentKind.TIME:
            parts.append(f"{self._year:04d}-{self.raw[2]:02d}-{self.raw[3]:02d}")
        if self.kind is not MomentKind.DATE:
            parts.append("{:02d}:{:02d}:{:02d}".format(*self._clock))
        text = "T".join(parts)
        return f"{text}.{self._milliseconds:03d}" if self._milliseconds else text

    @property
    def is_valid(self) -> bool:
        """Whether a calendar has it. FF in every byte is the meter's way to say that there is no time."""
        try:
            if self.kind is not MomentKind.DATE:
                hour, minute, second = self._clock
                time(hour, minute, second, 1000 * self._milliseconds)
            if self.kind is not MomentKind.TIME:
                date(self._year, self.raw[2], self.raw[3])
        except ValueError:
            return False
        return True

    @property
    def _year(self) -> int:
        return int.from_bytes(self.raw[:2], "big")

    @property
    def _clock(self) -> bytes:
        if self.kind is MomentKind.TIME:
            return self.raw
        at = 5 if self.kind in _HAS_WEEKDAY else 4
        return self.raw[at : at + 3]

    @property
    def _milliseconds(self) -> int:
        return int.from_bytes(self.raw[8:10], "big") if self.kind is MomentKind.DATE_TIME else 0


@dataclass(frozen=True, slots=True)
class MomentLayout:
    """The bytes of a moment, without a tag."""

    kind: MomentKind

    def read(self, reader: Reader) -> Moment:
        return Moment(self.kind, reader.take(self.kind.value))

    def write(self, value: Value) -> bytes:
        if not isinstance(value, Moment) or value.kind is not self.kind:
            raise LocalProtocolError(f"{value!r} is no {self.kind.name}")
        return value.raw


def date_time(at: datetime) -> Moment:
    """The ten bytes of a date_time with these digits; the zone is the caller's business. Sunday is day 0."""
    raw = at.year.to_bytes(2, "big") + bytes([at.month, at.day, at.isoweekday() % 7, at.hour, at.minute, at.second])
    return Moment(MomentKind.DATE_TIME, raw + (at.microsecond // 1000).to_bytes(2, "big"))
