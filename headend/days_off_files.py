"""Days off as they lie in `days-off/NAME.yaml` beside the plans: holidays, weekend, working days that fall on one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from headend.domain.errors import ConfigError
from headend.domain.plans import DaysOff
from headend.plan_shape import WEEKDAYS
from headend.yaml_file import line_of, load_yaml


class _Holiday(BaseModel):
    model_config = ConfigDict(extra="forbid")

    day: date
    name: Annotated[str, StringConstraints(min_length=1)]


class DaysOffFile(BaseModel):
    """The shape of a file; `source` says who decided these days."""

    model_config = ConfigDict(extra="forbid")

    source: Annotated[str, StringConstraints(min_length=1)]
    weekend: tuple[str, ...] = ()
    holidays: tuple[_Holiday, ...] = ()
    working_days: tuple[date, ...] = Field(default=())

    @field_validator("weekend")
    @classmethod
    def _are_weekdays(cls, days: Sequence[str]) -> Sequence[str]:
        for day in days:
            if day not in WEEKDAYS:
                raise ValueError(f"{day!r} is no weekday; write monday ... sunday")
        if len(set(days)) == len(WEEKDAYS):
            raise ValueError("a week needs a working day")
        return days


def days_off(path: Path) -> DaysOff:
    """The days off of a file; ConfigError for a day that is off and worked."""
    file = load_yaml(path, DaysOffFile)
    holidays = frozenset(one.day for one in file.holidays)
    for position, day in enumerate(file.working_days):
        if day in holidays:
            raise ConfigError(
                f"{day} is a holiday too",
                file=str(path),
                line=line_of(path, ("working_days", position)),
                key=f"working_days.{position}",
                remedy="keep one of the two",
            )
    weekend = frozenset(WEEKDAYS.index(day) for day in file.weekend)
    return DaysOff(holidays, weekend, frozenset(file.working_days))
