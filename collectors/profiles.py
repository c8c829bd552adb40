"""Device profiles as data: what a kind of meter is asked for, and how fast. Reads no file and no wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Final

from collectors.units import is_unit
from protocols.modbus.registers import Layout, RegisterType, WordOrder
from protocols.mqtt import TimeFormat, TopicPattern

STRICT: Final = {"extra": "forbid"}
"""For whoever loads these from a file: a misspelled key is an error, not silence."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long to wait for an answer (seconds after the last request byte) and how often to ask."""

    __pydantic_config__: ClassVar = STRICT
    timeout_s: float = 1.5
    attempts: int = 2

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 60 or not 1 <= self.attempts <= 5:
            raise ValueError("timeout_s must be in (0, 60] and attempts in 1..5")


@dataclass(frozen=True, slots=True)
class DailyFreeze:
    """Data identifiers of the registers frozen at midnight; `nn` stands for how many days ago, 01 = newest."""

    __pydantic_config__: ClassVar = STRICT
    stamp: str
    registers: tuple[str, ...]
    days_kept: int


@dataclass(frozen=True, slots=True)
class LoadProfile:
    """The load record that holds registers at slot boundaries."""

    __pydantic_config__: ClassVar = STRICT
    data_identifier: str
    interval_s: int
    blocks_per_request: int
    days_kept: int


@dataclass(frozen=True, slots=True)
class Dlt645Profile:
    """A kind of DL/T 645 meter. `periodic` is asked every collection cycle, in this order."""

    __pydantic_config__: ClassVar = STRICT
    name: str
    source: str
    periodic: tuple[str, ...]
    timing: Timing = field(default_factory=Timing)
    clock_date: str = "04000101"
    clock_time: str = "04000102"
    daily_freeze: DailyFreeze | None = None
    load_profile: LoadProfile | None = None


@dataclass(frozen=True, slots=True)
class ModbusRegister:
    """Where a reading type stands: 0-based `address` as on the wire, number type, and the unit it is told in.

    `resolution` is what one count of an integer is worth, or the step that a float is rounded to, in that unit;
    `worth` is what a float of 1 means in it.
    `invalid` are raw values by which the meter says that it has none.
    """

    __pydantic_config__: ClassVar = STRICT
    reading_type: str
    address: int
    type: RegisterType
    unit: str
    resolution: Decimal
    word_order: WordOrder = WordOrder.BIG
    invalid: tuple[int, ...] = ()
    worth: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        _check_unit(self.unit)
        if not 0 <= self.address <= 0x10000 - self.type.words:
            raise ValueError(f"address {self.address} is not in 0..{0x10000 - self.type.words}")
        _ = self.layout

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + self.type.words

    @property
    def layout(self) -> Layout:
        """How its words are read."""
        return Layout(self.type, self.resolution, self.word_order, frozenset(self.invalid), self.worth)


@dataclass(frozen=True, slots=True)
class ModbusProfile:
    """A kind of Modbus meter. All registers are asked every collection cycle.

    `function` is 3 (holding) or 4 (input registers). One request spans at most `max_registers` words and no gap
    greater than `largest_gap`, the words between two registers that the meter is known to let one read across.
    """

    __pydantic_config__: ClassVar = STRICT
    name: str
    source: str
    function: int
    registers: tuple[ModbusRegister, ...]
    max_registers: int = 125
    largest_gap: int = 0
    timing: Timing = field(default_factory=Timing)

    def __post_init__(self) -> None:
        if self.function not in (3, 4):
            raise ValueError("function must be 3 (holding registers) or 4 (input registers)")
        if not 4 <= self.max_registers <= 125 or not 0 <= self.largest_gap <= self.max_registers:
            raise ValueError("max_registers must be in 4..125 and largest_gap at most that")
        _check_told_once([register.reading_type for register in self.registers])

    told_in: ClassVar[str] = "registers"

    @property
    def told(self) -> Mapping[str, ModbusRegister]:
        """The registers by reading type."""
        return {register.reading_type: register for register in self.registers}


@dataclass(frozen=True, slots=True)
class MqttValue:
    """Where a reading type stands in the payload: dotted `path`, and the unit the device tells it in."""

    __pydantic_config__: ClassVar = STRICT
    reading_type: str
    path: str
    unit: str

    def __post_init__(self) -> None:
        _check_unit(self.unit)
        if not all(self.path.split(".")):
            raise ValueError(f"{self.path!r} is no path; write names and list positions with dots between them")


@dataclass(frozen=True, slots=True)
class MqttProfile:
    """A kind of MQTT meter with JSON payloads. `{address}` in a topic stands for the meter's address.

    `time_path` leads to the measuring time in the form `time_format`; without it readings are stamped on receipt.
    `request_topic` with `request_payload` makes the device report at once.
    """

    __pydantic_config__: ClassVar = STRICT
    name: str
    source: str
    topic: str
    values: tuple[MqttValue, ...]
    time_path: str = ""
    time_format: TimeFormat = TimeFormat.ISO
    request_topic: str = ""
    request_payload: str = ""
    timing: Timing = field(default_factory=Timing)

    def __post_init__(self) -> None:
        TopicPattern(self.topic)
        if self.request_topic:
            TopicPattern(self.request_topic)
        _check_told_once([value.reading_type for value in self.values])

    told_in: ClassVar[str] = "values"

    @property
    def told(self) -> Mapping[str, MqttValue]:
        """The values by reading type."""
        return {value.reading_type: value for value in self.values}


Profile = Dlt645Profile | ModbusProfile | MqttProfile


def _check_unit(unit: str) -> None:
    if not is_unit(unit):
        raise ValueError(f"{unit!r} is no unit; write one like kWh, W, V, A or Hz")


def _check_told_once(reading_types: Sequence[str]) -> None:
    twice = [name for name in reading_types if reading_types.count(name) > 1]
    if twice:
        raise ValueError(f"{twice[0]} stands here twice")
