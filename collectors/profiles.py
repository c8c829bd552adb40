"""Device profiles as data: what a kind of meter is asked for, and how fast. Reads no file and no wire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Final

from collectors.register_claims import Claim, check_claims
from collectors.units import is_unit, unit_names
from headend.domain.errors import WrongEntry
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
    """A kind of DL/T 645 meter. `periodic` is asked every collection cycle, in this order.

    `knows_blocks` is false for meters that stay silent when asked for a register with its tariffs. `identity` is the
    item by which the meter tells who it is, 04000402 or 04000403; empty for one that cannot.
    """

    __pydantic_config__: ClassVar = STRICT
    name: str
    source: str
    periodic: tuple[str, ...]
    timing: Timing = field(default_factory=Timing)
    knows_blocks: bool = True
    clock_date: str = "04000101"
    clock_time: str = "04000102"
    identity: str = ""
    daily_freeze: DailyFreeze | None = None
    load_profile: LoadProfile | None = None


@dataclass(frozen=True, slots=True)
class Dlt698Profile:
    """A kind of DL/T 698.45 meter. `periodic` is asked every collection cycle, in this order.

    One request asks for at most `objects_per_request`; 1 for meters that take no lists. `client` is our address,
    `logical_device` the part of the meter that is asked. `identity` is the item by which it tells who it is, if it can.
    """

    __pydantic_config__: ClassVar = STRICT
    name: str
    source: str
    periodic: tuple[str, ...]
    timing: Timing = field(default_factory=Timing)
    objects_per_request: int = 6
    client: int = 0x10
    logical_device: int = 0
    identity: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.objects_per_request <= 127:
            raise ValueError("objects_per_request must be in 1..127")
        if not 0 <= self.client <= 255 or not 0 <= self.logical_device <= 3:
            raise ValueError("client must be in 0..255 and logical_device in 0..3")


@dataclass(frozen=True, slots=True, eq=False)  # known by identity: it is a key in every read
class Ratio:
    """A register of the meter's settings by which values are multiplied, such as the ratio of its transformers."""

    __pydantic_config__: ClassVar = STRICT
    address: int
    type: RegisterType = RegisterType.U16
    resolution: Decimal = Decimal(1)
    word_order: WordOrder = WordOrder.BIG

    def __post_init__(self) -> None:
        _check_address(self.address, self.type)
        _ = self.layout

    @property
    def span(self) -> range:
        """The words to read for it."""
        return range(self.address, self.address + self.type.words)

    @property
    def layout(self) -> Layout:
        """How its words are read."""
        return Layout(self.type, self.resolution, self.word_order)


@dataclass(frozen=True, slots=True, eq=False)  # known by identity: it is a key in every read
class ModbusRegister:
    """Where a reading type stands: 0-based `address` as on the wire, number type, and the unit it is told in.

    `resolution` is what one count of an integer is worth, or the step that a float is rounded to, in that unit;
    `worth` is what a float of 1 means in it.
    `invalid` are raw values by which the meter says that it has none.
    `exponent_at` is where the power of ten stands by which an integer is scaled; both are read in one request, or in
    three if the meter refuses that.
    `ratios` are the registers by which it is multiplied.
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
    exponent_at: int | None = None
    ratios: tuple[Ratio, ...] = ()

    def __post_init__(self) -> None:
        _check_unit(self.unit)
        _check_address(self.address, self.type)
        if self.exponent_at is not None:
            _check_address(self.exponent_at, RegisterType.I16)
            if self.type.is_float:
                raise ValueError("a float has its exponent within; exponent_at is for integers")
        _ = self.layout

    @property
    def span(self) -> range:
        """The words to read for it, those of its exponent included."""
        own, at = self.own_words, self.exponent_at
        return own if at is None else range(min(own.start, at), max(own.stop, at + 1))

    @property
    def own_words(self) -> range:
        """The words of its number alone."""
        return range(self.address, self.address + self.type.words)

    @property
    def is_spread(self) -> bool:
        """Whether there are other words between it and its exponent."""
        return len(self.span) > self.type.words + 1

    def moved(self, words: int) -> ModbusRegister:
        """The same register of a map that begins `words` later."""
        exponent_at = None if self.exponent_at is None else self.exponent_at + words
        return replace(self, address=self.address + words, exponent_at=exponent_at)

    @property
    def layout(self) -> Layout:
        """How its words are read."""
        return Layout(self.type, self.resolution, self.word_order, frozenset(self.invalid), self.worth)


@dataclass(frozen=True, slots=True, eq=False)  # known by identity: it is a key in every read
class TextRegister:
    """Where a text of the nameplate stands, two characters a register; it is told when asked for, and is no reading."""

    __pydantic_config__: ClassVar = STRICT
    name: str
    address: int
    words: int

    def __post_init__(self) -> None:
        if not (1 <= self.words <= 125 and 0 <= self.address <= 0x10000 - self.words):
            raise ValueError(f"{self.name} cannot have {self.words} registers at {self.address}")

    @property
    def span(self) -> range:
        """The words to read for it."""
        return range(self.address, self.address + self.words)


@dataclass(frozen=True, slots=True)
class ModbusProfile:
    """A kind of Modbus meter. All registers are asked every collection cycle.

    `function` is 3 (holding) or 4 (input registers). One request spans at most `max_registers` words and no gap
    greater than `largest_gap`, the words between two registers that the meter is known to let one read across.
    Where `sunspec_models` are given, addresses count from the first register of any of these models.
    `identity` names the text by which the meter tells who it is, empty for one that cannot.
    """

    __pydantic_config__: ClassVar = STRICT
    name: str
    source: str
    function: int
    registers: tuple[ModbusRegister, ...]
    max_registers: int = 125
    largest_gap: int = 0
    timing: Timing = field(default_factory=Timing)
    sunspec_models: tuple[int, ...] = ()
    texts: tuple[TextRegister, ...] = ()
    identity: str = ""

    def __post_init__(self) -> None:
        if self.identity and self.identity not in [text.name for text in self.texts]:
            raise ValueError(f"identity {self.identity!r} is none of the texts")
        if self.function not in (3, 4):
            raise ValueError("function must be 3 (holding registers) or 4 (input registers)")
        if not 4 <= self.max_registers <= 125 or not 0 <= self.largest_gap <= self.max_registers:
            raise ValueError("max_registers must be in 4..125 and largest_gap at most that")
        for register in self.registers:
            if len(register.span) > self.max_registers:
                raise ValueError(
                    f"{register.reading_type} and its exponent do not fit into {self.max_registers} registers"
                )
        _check_told_once([register.reading_type for register in self.registers], self.told_in)
        check_claims(claim for place, register in enumerate(self.registers) for claim in _claims(place, register))

    told_in: ClassVar[str] = "registers"

    @property
    def told(self) -> Mapping[str, ModbusRegister]:
        """The registers by reading type."""
        return {register.reading_type: register for register in self.registers}

    def moved(self, words: int) -> ModbusProfile:
        """The same meter with its map `words` later."""
        return replace(self, registers=tuple(register.moved(words) for register in self.registers))


class MqttForm(StrEnum):
    """What a message holds: a JSON object, one bare number on a topic of its own, or a Sparkplug B payload."""

    JSON = "json"
    BARE = "bare"
    SPARKPLUG = "sparkplug"


@dataclass(frozen=True, slots=True)
class MqttValue:
    """Where a reading type stands, and the unit the device tells it in. `path` is the dotted path in a JSON object, the
    part of the topic that `{path}` stands for, or the name of a Sparkplug metric.

    `resolution` (Sparkplug only) is what one count of an integer is worth, or the step that a float is put to.
    """

    __pydantic_config__: ClassVar = STRICT
    reading_type: str
    path: str
    unit: str
    resolution: Decimal | None = None

    def __post_init__(self) -> None:
        _check_unit(self.unit)
        if not all(self.path.split(".")):
            raise ValueError(f"{self.path!r} is no path; write names and list positions with dots between them")
        if self.resolution is not None and not (self.resolution.is_finite() and self.resolution > 0):
            raise ValueError("the resolution must be above zero")


@dataclass(frozen=True, slots=True)
class MqttProfile:
    """A kind of MQTT meter. `{address}` in a topic stands for the meter's address, `{path}` for a value's path.

    `time_path` leads to the measuring time in the form `time_format`; without it readings are stamped on receipt.
    `request_topic` with `request_payload` makes the device report at once. `sequence_path` leads to a number that
    counts messages, `identity_path` to the meter's own address; `status_topic` says `status_offline` when it is lost.
    """

    __pydantic_config__: ClassVar = STRICT
    name: str
    source: str
    values: tuple[MqttValue, ...]
    topic: str = ""
    form: MqttForm = MqttForm.JSON
    time_path: str = ""
    time_format: TimeFormat = TimeFormat.ISO
    request_topic: str = ""
    request_payload: str = ""
    sequence_path: str = ""
    identity_path: str = ""
    status_topic: str = ""
    status_offline: str = "offline"
    timing: Timing = field(default_factory=Timing)

    def __post_init__(self) -> None:
        patterns = [self.topic] if self.form is not MqttForm.SPARKPLUG else []
        for pattern in [*patterns, *filter(None, (self.request_topic, self.status_topic))]:
            TopicPattern(pattern)
        _check_told_once([value.reading_type for value in self.values], self.told_in)
        _check_form(self)

    told_in: ClassVar[str] = "values"

    @property
    def told(self) -> Mapping[str, MqttValue]:
        """The values by reading type."""
        return {value.reading_type: value for value in self.values}


Profile = Dlt645Profile | Dlt698Profile | ModbusProfile | MqttProfile


def _check_unit(unit: str) -> None:
    if not is_unit(unit):
        raise WrongEntry(f"{unit!r} is no unit", key=("unit",), remedy=unit_names())


def _check_address(address: int, kind: RegisterType) -> None:
    if not 0 <= address <= 0x10000 - kind.words:
        raise ValueError(f"address {address} is not in 0..{0x10000 - kind.words}")


def _check_told_once(reading_types: Sequence[str], told_in: str) -> None:
    for place, name in enumerate(reading_types):
        if name in reading_types[:place]:
            key = (told_in, place, "reading_type")
            raise WrongEntry(f"{name} stands here twice", key=key, remedy="keep one")


def _claims(place: int, register: ModbusRegister) -> Iterator[Claim]:
    """What a register says about words: its own, its exponent's and its ratios'."""
    name, key = register.reading_type, (ModbusProfile.told_in, place)
    yield Claim(name, (*key, "address"), register.own_words, register.type, register.word_order)
    if register.exponent_at is not None:
        at = register.exponent_at
        yield Claim(f"the exponent of {name}", (*key, "exponent_at"), range(at, at + 1), "exponent")
    for number, ratio in enumerate(register.ratios):
        yield Claim(f"a ratio of {name}", (*key, "ratios", number), ratio.span, f"ratio {ratio.type}", ratio.word_order)


def _check_form(profile: MqttProfile) -> None:
    form = profile.form
    if form is MqttForm.BARE and "{path}" not in profile.topic:
        raise ValueError("the topic of bare numbers must hold {path}")
    if form is MqttForm.SPARKPLUG and (profile.topic or profile.time_path or profile.request_topic):
        raise ValueError("Sparkplug B has topics, times and requests of its own; leave them out")
    for value in profile.values:
        if (value.resolution is None) == (form is MqttForm.SPARKPLUG):
            raise ValueError(f"{value.reading_type}: only and all values of Sparkplug B have a resolution")
