"""Device profiles as data: what a kind of meter is asked for, and how fast. Reads no file and no wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Timing:
    """How long to wait for an answer (seconds after the last request byte) and how often to ask."""

    timeout_s: float = 1.5
    attempts: int = 2

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 60 or not 1 <= self.attempts <= 5:
            raise ValueError("timeout_s must be in (0, 60] and attempts in 1..5")


@dataclass(frozen=True, slots=True)
class DailyFreeze:
    """Data identifiers of the registers frozen at midnight; `nn` stands for how many days ago, 01 = newest."""

    stamp: str
    registers: tuple[str, ...]
    days_kept: int


@dataclass(frozen=True, slots=True)
class LoadProfile:
    """The load record that holds registers at slot boundaries."""

    data_identifier: str
    interval_s: int
    blocks_per_request: int
    days_kept: int


@dataclass(frozen=True, slots=True)
class Dlt645Profile:
    """A kind of DL/T 645 meter. `periodic` is asked every collection cycle, in this order."""

    name: str
    source: str
    periodic: tuple[str, ...]
    timing: Timing = field(default_factory=Timing)
    clock_date: str = "04000101"
    clock_time: str = "04000102"
    daily_freeze: DailyFreeze | None = None
    load_profile: LoadProfile | None = None


@dataclass(frozen=True, slots=True)
class MqttValue:
    """Where a reading type stands in the payload: dotted `path`, and the unit the device tells it in."""

    reading_type: str
    path: str
    unit: str
    resolution: str


@dataclass(frozen=True, slots=True)
class MqttProfile:
    """A kind of MQTT meter with JSON payloads. `{address}` in a topic stands for the meter's address.

    `time_path` leads to the measuring time (ISO 8601 with offset, or local without one); without it readings are
    stamped on receipt. `request_topic` with `request_payload` makes the device report at once.
    """

    name: str
    source: str
    topic: str
    values: tuple[MqttValue, ...]
    time_path: str = ""
    request_topic: str = ""
    request_payload: str = ""
    timing: Timing = field(default_factory=Timing)


Profile = Dlt645Profile | MqttProfile
Profiles = Mapping[str, Profile]
