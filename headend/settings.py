"""Settings of a site: `site.yaml`, read strictly. Owns the shape and the defaults; opens nothing else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

from headend.domain.collection import CollectionPlan, CollectionTask
from headend.yaml_file import load_yaml


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SiteSettings(_Strict):
    """Who runs this head-end and in which zone its meters and bills live."""

    name: str = "headend"
    time_zone: str = "Asia/Shanghai"

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is no time zone of the IANA database") from error
        return name


class DataSettings(_Strict):
    """Where data live; a relative directory is relative to the site file."""

    directory: str = "data"
    spool_megabytes: int = Field(default=512, ge=1)


class ApiSettings(_Strict):
    """Where the API and the console listen."""

    host: str = "127.0.0.1"
    port: int = Field(default=8645, ge=0, le=65535)


class PlanSettings(_Strict):
    """One collection plan; the interval must divide the day."""

    name: str
    task: str
    every_minutes: int = Field(ge=1, le=1440)
    delay_minutes: int = Field(default=0, ge=0, le=720)

    @field_validator("task")
    @classmethod
    def _is_task(cls, task: str) -> str:
        return CollectionTask(task)

    @field_validator("every_minutes")
    @classmethod
    def _divides_the_day(cls, minutes: int) -> int:
        if 1440 % minutes:
            raise ValueError(f"{minutes} minutes do not divide the day")
        return minutes

    def plan(self) -> CollectionPlan:
        """The plan as the schedule knows it."""
        return CollectionPlan(
            self.name,
            CollectionTask(self.task),
            timedelta(minutes=self.every_minutes),
            timedelta(minutes=self.delay_minutes),
        )


DEFAULT_PLANS = (
    PlanSettings(name="quarter-hour registers", task="registers", every_minutes=15),
    PlanSettings(name="daily freeze", task="daily_freeze", every_minutes=1440, delay_minutes=10),
)


class Settings(_Strict):
    """Everything in `site.yaml`."""

    site: SiteSettings = SiteSettings()
    data: DataSettings = DataSettings()
    api: ApiSettings = ApiSettings()
    plans: tuple[PlanSettings, ...] = Field(default=DEFAULT_PLANS, strict=False)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the site."""
        return ZoneInfo(self.site.time_zone)


def load_settings(path: Path) -> Settings:
    """The settings of a site file; ConfigError names file, line, key, reason and remedy."""
    return load_yaml(path, Settings)


def data_directory(settings: Settings, site_file: Path) -> Path:
    """Where the data of the site live."""
    return (site_file.parent / settings.data.directory).resolve()
