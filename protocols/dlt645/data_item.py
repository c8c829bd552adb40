"""Rows of the table of data identifiers, and what a row means for one identifier. Holds no table itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from protocols.dlt645.formats import Bits, Format, Quantity, Value
from protocols.errors import LocalProtocolError

BLOCK: Final = 0xFF


class Axis(NamedTuple):
    """One byte of an identifier that counts something. `suffix` gets the number; number 0 has none."""

    numbers: range
    suffix: str
    may_be_block: bool = True

    def name(self, number: int) -> str:
        return self.suffix.format(number) if number else ""


AXES: Final[Mapping[str, Axis]] = {
    "TT": Axis(range(0x40), "_t{}"),
    "SS": Axis(range(0x0D), "_settlement_{}"),
    "PP": Axis(range(1, 4), "_l{}"),
    "QQ": Axis(range(4), "_l{}"),
    "HH": Axis(range(1, 0x16), "_h{}"),
    "WW": Axis(range(1, 8), "_{}"),
    "NT": Axis(range(1, 0x0D), "_timed_freeze_{}", may_be_block=False),
    "NI": Axis(range(1, 0x04), "_instantaneous_freeze_{}", may_be_block=False),
    "NH": Axis(range(1, 0xFF), "_hourly_freeze_{}", may_be_block=False),
    "ND": Axis(range(1, 0x3F), "_daily_freeze_{}", may_be_block=False),
    "NZ": Axis(range(1, 0x0D), "_zone_switch_freeze_{}", may_be_block=False),
    "NP": Axis(range(1, 0x0D), "_period_switch_freeze_{}", may_be_block=False),
    "NC": Axis(range(1, 0x0D), "_price_switch_freeze_{}", may_be_block=False),
    "NL": Axis(range(1, 0x0D), "_ladder_switch_freeze_{}", may_be_block=False),
    "PX": Axis(range(1, 4), "_l{}", may_be_block=False),
    "QX": Axis(range(4), "_l{}", may_be_block=False),
    "RR": Axis(range(1, 0x0B), "_record_{}", may_be_block=False),
    "MB": Axis(range(0x0D), "_month_{}", may_be_block=False),
    "DX": Axis(range(1, 7), "_direction_{}", may_be_block=False),
    "PT": Axis(range(1, 9), "_table_{}", may_be_block=False),
    "HD": Axis(range(1, 0xFF), "_{}", may_be_block=False),
    "DN": Axis(range(1, 0x64), "_{}", may_be_block=False),
    "TN": Axis(range(1, 0x40), "_t{}"),
    "LN": Axis(range(1, 0x11), "_{}"),
}
"""Two letters in a row's pattern that stand for a counting byte."""

TARIFFS: Final = tuple(AXES["TT"].name(number) for number in AXES["TT"].numbers)


class Part(NamedTuple):
    """One value of a row: its name, its format, and where it lies inside a member."""

    name: str
    format: Format
    offset: int = 0


def parts_in_order(named: Iterable[tuple[str, Format]]) -> tuple[Part, ...]:
    """Values one behind the other."""
    parts: list[Part] = []
    offset = 0
    for name, value_format in named:
        parts.append(Part(name, value_format, offset))
        offset += value_format.size
    return tuple(parts)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `pattern` is an identifier in written order with axes, such as 0001TTSS.

    `repeats` are the suffixes of members that the identifier does not count, such as the tariffs of a freeze.
    """

    pattern: str
    name: str
    parts: tuple[Part, ...]
    repeats: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a data item at its place in the data."""

    name: str
    di: str
    format: Format
    offset: int

    def decode(self, payload: bytes) -> Value:
        offset = self.offset
        return self.format.decode(payload[offset : offset + self.format.size], self.name, self.di)


_NO_FIELD: Final = Field("", "", Bits(0), 0)


@dataclass(frozen=True, slots=True)
class DataItem:
    """What one identifier carries. `fields` is the longest form; `sizes` says how many fields each size holds.

    `lone` is the first field, where data of `lone_size` bytes hold it alone: by far the most frequent decoding.
    """

    di: str
    name: str
    fields: tuple[Field, ...]
    sizes: Mapping[int, int]
    lone: Field = field(init=False, repr=False, compare=False)
    lone_size: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        first = self.fields[0] if self.fields else _NO_FIELD
        is_alone = not first.offset and self.sizes.get(first.format.size) == 1
        object.__setattr__(self, "lone", first)
        object.__setattr__(self, "lone_size", first.format.size if is_alone else -1)

    def decode(self, payload: bytes) -> tuple[Value, ...]:
        if len(payload) == self.lone_size:
            lone = self.lone
            return (lone.format.decode(payload, lone.name, lone.di),)
        count = self.sizes.get(len(payload))
        if count is None:
            return (misfit(self, payload),)
        return tuple([member.decode(payload) for member in self.fields[:count]])

    def encode(self, quantities: Sequence[Quantity]) -> bytes:
        sizes = [size for size, count in self.sizes.items() if count == len(quantities)]
        if not sizes:
            raise LocalProtocolError(f"{self.di} {self.name} does not have {len(quantities)} values")
        return fill(self.fields, quantities, sizes[0])


def fill(fields: Sequence[Field], quantities: Sequence[Quantity], size: int) -> bytes:
    """Data of `size` bytes with every value at its place; AA, the separator, between them."""
    data = bytearray(b"\xaa" * size)
    for member, quantity in zip(fields, quantities, strict=False):
        data[member.offset : member.offset + member.format.size] = member.format.encode(quantity)
    return bytes(data)


def misfit(item: DataItem, payload: bytes) -> Value:
    """The only value of data that the item's layout cannot hold: no number, and the reason."""
    sizes = sorted(item.sizes)
    expected = f", expected {' or '.join(map(str, sizes[:3]))}{' ...' if len(sizes) > 3 else ''}" if sizes else ""
    problem = f"{len(payload)} bytes of data do not fit{expected}"
    return Value(item.name, item.di, None, "", "", problem)


def expand(row: Row, di: str) -> DataItem | None:
    """What the row says about this identifier, or None where it says nothing."""
    members = _members(row, di)
    if members is None:
        return None
    member_size = max(part.offset + part.format.size for part in row.parts)
    named = [(repeat + suffix, member) for suffix, member in members for repeat in row.repeats]
    fields = tuple(
        Field(part.name + suffix, member, part.format, index * member_size + part.offset)
        for index, (suffix, member) in enumerate(named)
        for part in row.parts
    )
    sizes = {count * member_size: count * len(row.parts) for count in range(1, len(named) + 1)}
    name = f"{row.name}_block{_fixed_suffix(row, di)}" if len(members) > 1 else row.name + members[0][0]
    return DataItem(di, name, fields, sizes)


def _members(row: Row, di: str) -> list[tuple[str, str]] | None:
    """(suffix, identifier) of every member, one unless the identifier asks for a block."""
    members = [("", "")]
    blocks = 0
    for at in range(0, len(row.pattern), 2):
        token, digits = row.pattern[at : at + 2], di[at : at + 2]
        axis = AXES.get(token)
        if axis is None:
            if token != digits:
                return None
            members = [(suffix, head + digits) for suffix, head in members]
            continue
        number = int(digits, 16)
        is_block = number == BLOCK and axis.may_be_block
        blocks += is_block
        if blocks > 1 or not (is_block or number in axis.numbers):
            return None
        numbers = axis.numbers if is_block else (number,)
        members = [(suffix + axis.name(n), f"{head}{n:02X}") for suffix, head in members for n in numbers]
    return members


def _fixed_suffix(row: Row, di: str) -> str:
    suffix = ""
    for at in range(0, len(row.pattern), 2):
        axis = AXES.get(row.pattern[at : at + 2])
        number = int(di[at : at + 2], 16)
        if axis is not None and number in axis.numbers:
            suffix += axis.name(number)
    return suffix
