"""Golden registers of a Modbus profile: their file, and in words where a register disagrees with one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from collectors.conversation import Answer
from collectors.profiles import STRICT, ModbusProfile, ModbusRegister
from collectors.register_blocks import RegisterBlock
from collectors.register_plan import Wanted, plan_of
from collectors.register_reads import Failed, Heard
from collectors.units import power_of_ten
from headend.domain.collection import ItemError
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import RawFrame
from headend.yaml_file import load_yaml
from tests.fakes.meters import INSTALLED

FOLDER = Path(__file__).parents[2] / "vectors" / "modbus"
NO_VALUE: Mapping[str, ItemError] = {"none": ItemError.NOT_PRESENT, "invalid": ItemError.INVALID_DATA}
GUIDE = "see docs/how-to-add-a-meter-profile.md step 3"


class Origin(StrEnum):
    """Where words and value are from: seen together on a device, stated together by its maker, or made by hand."""

    FRAME = "frame"
    DOCUMENT = "document"
    CONSTRUCTED = "constructed"


@dataclass(frozen=True, slots=True)
class Vector:
    """Words in hex, high byte first, as they come; what they mean, with its unit.

    The value is `none` where the meter says that it has none, `invalid` where it says nonsense.
    `also` are other words that the value needs, by their address: those of its exponent or ratios.
    """

    __pydantic_config__: ClassVar = STRICT
    reading_type: str
    address: int
    words: str
    value: str
    also: Mapping[int, str] = field(default_factory=dict)
    tolerance: Decimal = Decimal(0)
    function: int | None = None
    origin: Origin | None = None
    source: str = ""

    def __post_init__(self) -> None:
        for text in (self.words, *self.also.values()):
            if any(len(word) != 4 for word in text.split()) or not text:
                raise ValueError(f'{text!r} are no words; write four hex digits for each, as "000D EBDF"')
            bytes.fromhex(text)

    @property
    def by_address(self) -> Mapping[int, int]:
        """Every word that the vector tells."""
        texts = {**self.also, self.address: self.words}
        return {at + n: int(word, 16) for at, text in texts.items() for n, word in enumerate(text.split())}


@dataclass(frozen=True, slots=True)
class VectorFile:
    """The vectors of one profile; function, origin and source are theirs unless one says otherwise."""

    __pydantic_config__: ClassVar = STRICT
    profile: str
    function: int
    origin: Origin
    source: str
    vectors: tuple[Vector, ...]

    def full(self) -> Sequence[Vector]:
        """The vectors with what the file says for all of them."""
        said = {"function": self.function, "origin": self.origin, "source": self.source}
        return [replace(v, **{key: getattr(v, key) or value for key, value in said.items()}) for v in self.vectors]


def vectors_of(profile: str, folder: Path = FOLDER) -> Sequence[Vector]:
    """A profile's vectors; none where it has no file."""
    path = folder / f"{profile}.yaml"
    return load_yaml(path, VectorFile).full() if path.exists() else []


def unproven(profile: ModbusProfile, vectors: Sequence[Vector]) -> Iterator[str]:
    """The registers of a profile that no vector speaks of, and vectors of registers that it lacks."""
    told = {vector.reading_type for vector in vectors}
    where = f"tests/vectors/modbus/{profile.name}.yaml"
    for name in profile.told:
        if name not in told:
            yield f"{profile.name} {name} has no vector: add one to {where}, {GUIDE}"
    for name in sorted(told - set(profile.told)):
        yield f"{profile.name} has no register {name}: correct the vector in {where}"


@dataclass(frozen=True, slots=True)
class Judge:
    """Compares the registers of one profile with vectors."""

    profile: ModbusProfile
    types: ReadingTypeTable

    def complaint(self, register: ModbusRegister, vector: Vector, function: int | None = None) -> str:
        """Where the register disagrees with the vector, in words; nothing where it agrees."""
        said = self._disagreement(register, vector, function or self.profile.function)
        return f"{self.profile.name} {register.reading_type} at {vector.address}: {said}" if said else ""

    def _disagreement(self, register: ModbusRegister, vector: Vector, function: int) -> str:
        count = len(vector.words.split())
        if function != vector.function:
            return f"read with function {function}, the vector says {vector.function}"
        if register.address != vector.address:
            return f"read from {register.address}, the vector says {vector.address}"
        if register.type.words != count:
            return f"{register.type} is {register.type.words} words, the vector says {count}"
        lacking = next(_lacking(register, vector.by_address), "")
        return lacking or self._wrong_value(register, vector)

    def _wrong_value(self, register: ModbusRegister, vector: Vector) -> str:
        told, unit = self._told(register, vector.by_address)
        said = f"the vector says {vector.value}"
        if isinstance(told, Failed):
            is_said = NO_VALUE.get(vector.value) is told.error
            return "" if is_said else f"no value ({told.error}: {told.reason}), {said}"
        if vector.value in NO_VALUE:
            return f"got {told.normalize():f} {unit}, {said}"
        amount, _, named = vector.value.partition(" ")
        ten = power_of_ten(unit, named)
        if ten is None:
            return f"is told in {unit or 'no unit'}, {said}"
        told = told.scaleb(ten)
        is_right = abs(told - Decimal(amount)) <= vector.tolerance
        return "" if is_right else f"got {told.normalize():f} {named}, {said}"

    def _told(self, register: ModbusRegister, words: Mapping[int, int]) -> tuple[Decimal | Failed, str]:
        plan = plan_of([register.reading_type], replace(self.profile, registers=(register,)), self.types)
        wanted = plan.wanted[0][1]
        assert isinstance(wanted, Wanted)
        outcomes = {place: _heard(block, words) for block in plan.blocks for place in block.places}
        return wanted.told(outcomes), wanted.reading_type.unit


def _lacking(register: ModbusRegister, words: Mapping[int, int]) -> Iterator[str]:
    if register.exponent_at is not None and register.exponent_at not in words:
        yield f"exponent_at {register.exponent_at} is not among the words; write it into `also`"
    for ratio in register.ratios:
        if not set(ratio.span) <= set(words):
            yield f"the ratio at {ratio.address} is not among the words; write it into `also`"


def _heard(block: RegisterBlock, words: Mapping[int, int]) -> Heard:
    answer = Answer(None, RawFrame(b"", b""), INSTALLED, INSTALLED)
    span = range(block.address, block.address + block.count)
    return Heard(answer, block.address, b"".join(words.get(at, 0).to_bytes(2, "big") for at in span))
