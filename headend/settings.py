"""Settings of a site: `site.yaml`, read strictly. Owns the shape and the defaults; opens nothing else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from headend.domain.errors import WrongEntry
from headend.domain.plans import Plan, PlanCalendar, PlanKind
from headend.yaml_file import load_yaml

MOST_PROCESSES = 64
PLAN_FOLDER, SECRETS_FILE = "plans", "secrets.yaml"


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


class InfluxDbConfig(_Strict):
    """A bucket of an InfluxDB 2 server. The token is in a file of its own, or in the environment; never here."""

    url: str = Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#@]*)?$")
    org: str = Field(min_length=1)
    bucket: str = Field(pattern=r'^[^"\\$\x00-\x1f\x7f]+$')
    token_file: str = ""
    timeout_s: int = Field(default=10, ge=1, le=120)


class PostgreSqlConfig(_Strict):
    """A database of a PostgreSQL server, for the state. The password is in a file of its own; never here."""

    url: str = Field(pattern=r"^postgresql://([^\s/?#@:]+@)?[^\s/?#@]+/[^\s/?#]+(\?\S*)?$")
    password_file: str = ""


class DataSettings(_Strict):
    """Where data live; a relative directory is relative to the site file.

    State is in a file of the directory, unless `postgresql` names a database; readings, and what waits for their
    store, are in the directory.
    """

    directory: str = "data"
    spool_megabytes: int = Field(default=512, ge=1)
    readings: Literal["duckdb", "influxdb"] = "duckdb"
    influxdb: InfluxDbConfig | None = None
    postgresql: PostgreSqlConfig | None = None

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        if (self.readings == "influxdb") != (self.influxdb is not None):
            raise ValueError("readings: influxdb and the block influxdb: {url, org, bucket, token_file} go together")
        return self


class ApiSettings(_Strict):
    """Where the API and the console listen."""

    host: str = "127.0.0.1"
    port: int = Field(default=8645, ge=0, le=65535)


class PlanSettings(_Strict):
    """One collection plan for everybody in its shortest form; files in the plan folder say more."""

    name: str
    task: str
    every_minutes: int = Field(ge=1, le=1440)
    delay_minutes: int = Field(default=0, ge=0, le=720)

    @field_validator("task")
    @classmethod
    def _is_task(cls, task: str) -> str:
        return PlanKind(task)

    @field_validator("every_minutes")
    @classmethod
    def _divides_the_day(cls, minutes: int) -> int:
        if 1440 % minutes:
            raise ValueError(f"{minutes} minutes do not divide the day")
        return minutes

    def plan(self, zone: ZoneInfo) -> Plan:
        """The plan as the schedule knows it."""
        return Plan(
            self.name,
            PlanKind(self.task),
            PlanCalendar(zone, timedelta(minutes=self.every_minutes)),
            delay=timedelta(minutes=self.delay_minutes),
        )


class ClockSettings(_Strict):
    """Clocks of meters are set when somebody orders it, and by the hour only where this says so."""

    correct_automatically: bool = False


class CollectorSettings(_Strict):
    """Over how many processes the lines are split (1: the head-end's own), and when a silent one is replaced."""

    processes: int = 1
    silent_after_s: int = 10

    @field_validator("processes")
    @classmethod
    def _is_enough(cls, processes: int) -> int:
        if not 1 <= processes <= MOST_PROCESSES:
            raise WrongEntry(f"no lines are split over {processes} processes", remedy=f"give 1 to {MOST_PROCESSES}")
        return processes

    @field_validator("silent_after_s")
    @classmethod
    def _is_longer_than_beats(cls, seconds: int) -> int:
        if not 3 <= seconds <= 30:
            raise WrongEntry(f"{seconds} s are no time to judge a beat a second by", remedy="give 3 to 30")
        return seconds


class Settings(_Strict):
    """Everything in `site.yaml`.

    `plans` take the place of all plan files where they are given. Without them those that ship are in force, and those
    of `plan_folder` (`plans` beside the site file, where the file says nothing else).
    """

    site: SiteSettings = SiteSettings()
    data: DataSettings = DataSettings()
    api: ApiSettings = ApiSettings()
    plans: tuple[PlanSettings, ...] | None = Field(default=None, strict=False)
    plan_folder: str = ""
    clocks: ClockSettings = ClockSettings()
    collectors: CollectorSettings = CollectorSettings()
    secrets_file: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the site."""
        return ZoneInfo(self.site.time_zone)


def load_settings(path: Path) -> Settings:
    """The settings of a site file; ConfigError names file, line, key, reason and remedy."""
    settings = load_yaml(path, Settings)
    folder = str((path.parent / (settings.plan_folder or PLAN_FOLDER)).resolve())
    secrets = str((path.parent / (settings.secrets_file or SECRETS_FILE)).resolve())
    settings = settings.model_copy(update={"plan_folder": folder, "secrets_file": secrets})
    return settings.model_copy(update={"data": _beside(path.parent, settings.data)})


def _beside(folder: Path, data: DataSettings) -> DataSettings:
    """Files of secrets are named from the site file's folder."""
    found: dict[str, object] = {}
    if data.influxdb is not None and data.influxdb.token_file:
        file = str((folder / data.influxdb.token_file).resolve())
        found["influxdb"] = data.influxdb.model_copy(update={"token_file": file})
    if data.postgresql is not None and data.postgresql.password_file:
        file = str((folder / data.postgresql.password_file).resolve())
        found["postgresql"] = data.postgresql.model_copy(update={"password_file": file})
    return data.model_copy(update=found)


def data_directory(settings: Settings, site_file: Path) -> Path:
    """Where the data of the site live."""
    return (site_file.parent / settings.data.directory).resolve()
