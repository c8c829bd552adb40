"""Family 05, freezes: what the registers said at midnight, on the hour, at a set time or on command.

The block form carries every item of one freeze with AA between the items; some makers close it with one more AA.
How many tariffs it holds follows from its size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from protocols.dlt645.data_item import TARIFFS, DataItem, Field, Part, Row, expand, fill, misfit
from protocols.dlt645.families import demand, quantities, variables
from protocols.dlt645.formats import Format, Quantity, Stamp, Value
from protocols.errors import LocalProtocolError

SEPARATOR: Final = 0xAA

_POWERS: Final = tuple(
    Part(f"{name}{phase}", power, offset=3 * (4 * kind + index))
    for kind, (name, power) in enumerate(
        (("active_power", variables.ACTIVE_POWER), ("reactive_power", variables.REACTIVE_POWER))
    )
    for index, phase in enumerate(("", "_l1", "_l2", "_l3"))
)
_ENERGIES: Final = {energy.di2: energy for energy in quantities.TOTALS}
_FULL_KINDS: Final[Mapping[str, str]] = {
    "00": "NT",
    "01": "NI",
    "02": "NZ",
    "03": "NP",
    "05": "NC",
    "06": "ND",
    "07": "NL",
}
_HOURLY: Final = "04"


def _full(kind: str, axis: str) -> tuple[Row, ...]:
    def energy(item: int) -> Row:
        register = _ENERGIES[item]
        return Row(f"05{kind}{item:02X}{axis}", register.name, (Part(register.name, register.format),), TARIFFS)

    def max_demand(item: int, di2: int) -> Row:
        parts = demand.parts(_ENERGIES[di2])
        return Row(f"05{kind}{item:02X}{axis}", parts[0].name, parts, TARIFFS)

    return (
        _one(f"05{kind}00{axis}", "freeze_time", Stamp("YYMMDDhhmm")),
        *(energy(item) for item in range(1, 9)),
        max_demand(0x09, 0x01),
        max_demand(0x0A, 0x02),
        Row(f"05{kind}10{axis}", "powers", _POWERS),
    )


def _one(pattern: str, name: str, value_format: Format) -> Row:
    return Row(pattern, name, (Part(name, value_format),))


_HOURLY_ROWS: Final = (
    _one("050400NH", "freeze_time", Stamp("YYMMDDhhmm")),
    _one("050401NH", "active_energy_import", _ENERGIES[1].format),
    _one("050402NH", "active_energy_export", _ENERGIES[2].format),
)
ROWS: Final = (*(row for kind, axis in _FULL_KINDS.items() for row in _full(kind, axis)), *_HOURLY_ROWS)


@dataclass(frozen=True, slots=True)
class FreezeBlock(DataItem):
    """All items of one freeze. `items` are in the order of the wire, each in its longest form."""

    items: tuple[DataItem, ...]

    def decode(self, payload: bytes) -> tuple[Value, ...]:
        for tariffs in range(len(TARIFFS)):
            spare = len(payload) - self._size(tariffs)
            if spare not in (0, 1):
                continue
            fields, separators = self._layout(tariffs)
            closing = [len(payload) - 1] if spare else []
            if all(payload[at] == SEPARATOR for at in separators + closing):
                return tuple([field.decode(payload) for field in fields])
        return (misfit(self, payload),)

    def encode(self, quantities: Sequence[Quantity]) -> bytes:
        for tariffs in range(len(TARIFFS)):
            fields, _ = self._layout(tariffs)
            if len(fields) == len(quantities):
                return fill(fields, quantities, self._size(tariffs))
        raise LocalProtocolError(f"{self.di} {self.name} does not have {len(quantities)} values")

    def _size(self, tariffs: int) -> int:
        """Bytes of the block with the total and this many tariffs: its items and the separators between them."""
        sizes = (list(item.sizes)[min(len(item.sizes), 1 + tariffs) - 1] for item in self.items)
        return sum(sizes) + len(self.items) - 1

    def _layout(self, tariffs: int) -> tuple[list[Field], list[int]]:
        """Fields with the total and this many tariffs, and where the separators lie."""
        fields: list[Field] = []
        separators: list[int] = []
        start = 0
        for item in self.items:
            if fields:
                separators.append(start)
                start += 1
            members = min(len(item.sizes), 1 + tariffs)
            size, count = list(item.sizes.items())[members - 1]
            fields += [Field(f.name, f.di, f.format, start + f.offset) for f in item.fields[:count]]
            start += size
        return fields, separators


def find_block(di: str) -> FreezeBlock | None:
    """The item of a whole-freeze identifier 05 kind FF nn."""
    if not di.startswith("05") or di[4:6] != "FF":
        return None
    rows = [row for row in ROWS if row.pattern.startswith(di[:4])]
    items = [expand(row, f"{di[:4]}{row.pattern[4:6]}{di[6:]}") for row in rows]
    found = tuple(item for item in items if item is not None)
    if not found:
        return None
    fields = tuple(field for item in found for field in item.fields)
    return FreezeBlock(di, found[0].name.replace("freeze_time", "freeze_block", 1), fields, {}, found)
