"""The shape of a plan file, checked field by field: a wrong word is refused with what would be right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from headend.domain.metering import CustomerClass
from headend.domain.plans import DailyWindow, OnDaysOff, PlanKind, TargetKind

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NO_DRIVER: Mapping[str, str] = {
    "hourly_freeze": "no driver reads hourly freezes; load_profile reads every quarter of the hour",
    "monthly_freeze": "no driver reads monthly freezes; the daily freeze of the 1st is the same register",
    "events": "no driver reads event records of meters yet",
    "status_words": "no driver makes readings of status words yet",
}
CLOCK_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
Word = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class Urgency(StrEnum):
    """Who goes first on a line where several plans ask at once."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class ReadShape(_Shape):
    """What is read."""

    kind: str
    items: tuple[Word, ...] = ()

    @field_validator("kind")
    @classmethod
    def _is_readable(cls, kind: str) -> str:
        if kind in NO_DRIVER:
            raise ValueError(f"{kind!r}: {NO_DRIVER[kind]}")
        if kind not in tuple(PlanKind):
            raise ValueError(f"{kind!r} is no kind of plan; write one of {', '.join(PlanKind)}")
        return kind


class ForShape(_Shape):
    """Whom it is for: one of these."""

    everybody: bool = False
    customer_class: tuple[CustomerClass, ...] = ()
    transformer: tuple[Word, ...] = ()
    route: tuple[Word, ...] = ()
    meters: tuple[Word, ...] = ()

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len(self.model_fields_set) != 1 or not getattr(self, next(iter(self.model_fields_set))):
            raise ValueError(f"write one of {', '.join(TargetKind)}: who, or everybody: true")
        return self

    @property
    def chosen(self) -> tuple[str, tuple[str, ...]]:
        """The kind, and the names."""
        kind = next(iter(self.model_fields_set))
        return kind, () if kind == TargetKind.EVERYBODY else tuple(str(name) for name in getattr(self, kind))


class WhenShape(_Shape):
    """When: every so many minutes or at times of day, on which days, in which windows."""

    every_minutes: int | None = Field(default=None, ge=1, le=1440)
    at: tuple[str, ...] = ()
    delay_minutes: int = Field(default=0, ge=0, le=720)
    jitter_minutes: int = Field(default=0, ge=0, le=720)
    weekdays: tuple[str, ...] = WEEKDAYS
    days_of_month: tuple[int, ...] = ()
    days_off: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")] = ""
    on_days_off: OnDaysOff = OnDaysOff.RUN
    windows: tuple[str, ...] = ()
    time_zone: str = ""

    @field_validator("every_minutes")
    @classmethod
    def _divides_the_day(cls, minutes: int | None) -> int | None:
        if minutes is not None and 1440 % minutes:
            raise ValueError(f"{minutes} minutes do not divide the day")
        return minutes

    @field_validator("at")
    @classmethod
    def _are_times(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            _time(text)
        return texts

    @field_validator("windows")
    @classmethod
    def _are_windows(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            _window(text)
        return texts

    @field_validator("weekdays")
    @classmethod
    def _are_weekdays(cls, days: tuple[str, ...]) -> tuple[str, ...]:
        for day in days:
            if day not in WEEKDAYS:
                raise ValueError(f"{day!r} is no weekday; write monday ... sunday")
        return days

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        try:
            return name and ZoneInfo(name).key
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is no time zone of the IANA database") from error

    @model_validator(mode="after")
    def _days_off_belong_together(self) -> Self:
        if self.on_days_off is not OnDaysOff.RUN and not self.days_off:
            raise ValueError("on_days_off needs days_off: the name of a file of days off")
        return self

    @property
    def times(self) -> tuple[time, ...]:
        """The times of day."""
        return tuple(_time(text) for text in self.at)

    @property
    def daily_windows(self) -> tuple[DailyWindow, ...]:
        """The windows."""
        return tuple(_window(text) for text in self.windows)


class PlanFile(_Shape):
    """A whole file."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    read: ReadShape
    target: ForShape = Field(alias="for")
    when: WhenShape
    priority: Urgency | None = None
    deadline_minutes: int | None = Field(default=None, ge=1, le=44_640)
    enabled: bool = True


def _time(text: str) -> time:
    if not CLOCK_TIME.fullmatch(text):
        raise ValueError(f'{text!r} is no time of day; write "00:10" in quotes')
    return time.fromisoformat(text)


def _window(text: str) -> DailyWindow:
    start, dash, end = text.partition("-")
    if not dash:
        raise ValueError(f'{text!r} is no window; write "22:00-06:00"')
    return DailyWindow(_time(start.strip()), _time(end.strip()))
