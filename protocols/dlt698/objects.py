"""What the objects mean: one table from OI and attribute to name, unit, decimals and the types a value may have.

An OAD that is not in the table has no value here, and a value of another type is no value: neither is guessed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from protocols.dlt698.data import ARRAY, BIT_STRING, NULL, OCTET_STRING, STRUCTURE, Data
from protocols.dlt698.layouts import Bits
from protocols.dlt698.moments import Moment


@dataclass(frozen=True, slots=True)
class ObjectValue:
    """One value: exact, as text with its decimals; without text the meter gave none, or `problem` says why."""

    name: str
    unit: str = ""
    value: Decimal | None = None
    text: str | None = None
    problem: str | None = None


Namer = Callable[[str, int], str]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A row of the table. `names` tells the elements by index; None where the attribute is one value."""

    name: str
    form: "Form"
    types: frozenset[int]
    unit: str = ""
    decimals: int = 0
    names: Namer | None = None

    def element(self, index: int) -> str:
        """The name of one element; index 0 means the whole attribute."""
        return self.names(self.name, index) if self.names and index else self.name


Form = Callable[[Quantity, str, Data], tuple[ObjectValue, ...]]


def find(oad: str) -> Quantity | None:
    """The row of an OAD, whatever its index; None for an object or an attribute that is not in the table."""
    return OBJECTS.get(oad[:6].upper())


def name_of(oad: str) -> str | None:
    """The reading type that an OAD names, or None."""
    quantity = find(oad)
    return quantity.element(int(oad[6:], 16)) if quantity else None


def oad_of(name: str) -> str | None:
    """The OAD that tells this reading type alone, of energies the one in 0.01; None for a name of no object."""
    return _OAD_BY_NAME.get(name)


def decode(oad: str, data: Data) -> tuple[ObjectValue, ...]:
    """The values in what a meter says of an OAD; none for one that is not in the table."""
    quantity, index = find(oad), int(oad[6:], 16)
    if quantity is None:
        return ()
    if data.tag == NULL:
        return (ObjectValue(quantity.element(index), quantity.unit),)
    if index or quantity.names is None:
        return _element(quantity, quantity.element(index), data)
    if data.tag != ARRAY:
        return (_wrong(quantity, quantity.name, data, "array"),)
    found = (_element(quantity, quantity.element(place), item) for place, item in enumerate(data.items, start=1))
    return tuple(value for values in found for value in values)


def _element(quantity: Quantity, name: str, data: Data) -> tuple[ObjectValue, ...]:
    if data.tag == NULL:
        return (ObjectValue(name, quantity.unit),)
    if data.tag not in quantity.types:
        return (_wrong(quantity, name, data, " or ".join(Data(tag).type_name for tag in sorted(quantity.types))),)
    return quantity.form(quantity, name, data)


def _wrong(quantity: Quantity, name: str, data: Data, wanted: str) -> ObjectValue:
    return ObjectValue(name, quantity.unit, problem=f"{data.type_name} where {wanted} belongs")


def _number(quantity: Quantity, name: str, data: Data) -> tuple[ObjectValue, ...]:
    assert isinstance(data.value, int)
    value = Decimal(data.value).scaleb(-quantity.decimals)
    return (ObjectValue(name, quantity.unit, value, f"{value:f}"),)


def _demand(quantity: Quantity, name: str, data: Data) -> tuple[ObjectValue, ...]:
    """The highest demand and when it was."""
    items = data.items
    if len(items) != 2 or items[0].tag not in _UNSIGNED | _NULL or items[1].tag not in _MOMENT | _NULL:
        return (ObjectValue(name, quantity.unit, problem="not a structure of value and time"),)
    value = ObjectValue(name, quantity.unit) if items[0].tag == NULL else _number(quantity, name, items[0])[0]
    at = ObjectValue(f"{name}_time") if items[1].tag == NULL else _moment(quantity, f"{name}_time", items[1])[0]
    return value, at


def _moment(quantity: Quantity, name: str, data: Data) -> tuple[ObjectValue, ...]:
    assert isinstance(data.value, Moment)
    if not data.value.is_valid:
        return (ObjectValue(name, problem=f"{data.value.text} is no time"),)
    return (ObjectValue(name, text=data.value.text),)


def _digits(quantity: Quantity, name: str, data: Data) -> tuple[ObjectValue, ...]:
    assert isinstance(data.value, bytes)
    digits = data.value.hex().upper()
    if not digits.isdecimal():
        return (ObjectValue(name, problem=f"{digits} is not all digits"),)
    return (ObjectValue(name, text=digits),)


def _bits(quantity: Quantity, name: str, data: Data) -> tuple[ObjectValue, ...]:
    assert isinstance(data.value, Bits)
    return (ObjectValue(name, text=data.value.raw.hex().upper()),)


def _by_tariff(name: str, index: int) -> str:
    return name if index == 1 else f"{name}_t{index - 1}"


def _by_phase(name: str, index: int) -> str:
    return f"{name}_l{index}"


def _total_and_phases(name: str, index: int) -> str:
    return name if index == 1 else f"{name}_l{index - 1}"


def _by_number(name: str, index: int) -> str:
    return f"{name}_{index}"


_NULL: Final = frozenset({NULL})
_UNSIGNED: Final = frozenset({6})
_EITHER: Final = frozenset({5, 6})
_SIGNED: Final = frozenset({5})
_LONG: Final = frozenset({16})
_LONG_UNSIGNED: Final = frozenset({18})
_LONG64_UNSIGNED: Final = frozenset({21})
_LONG64_EITHER: Final = frozenset({20, 21})
_MOMENT: Final = frozenset({28})
_OCTETS: Final = frozenset({OCTET_STRING})
_BITS: Final = frozenset({BIT_STRING})
_STRUCTURE: Final = frozenset({STRUCTURE})

_ENERGY: Final = (
    ("000", "active_energy_combined", "kWh", True),
    ("001", "active_energy_import", "kWh", False),
    ("002", "active_energy_export", "kWh", False),
    ("003", "reactive_energy_combined1", "kvarh", True),
    ("004", "reactive_energy_combined2", "kvarh", True),
    ("005", "reactive_energy_q1", "kvarh", False),
    ("006", "reactive_energy_q2", "kvarh", False),
    ("007", "reactive_energy_q3", "kvarh", False),
    ("008", "reactive_energy_q4", "kvarh", False),
)
"""The fourth digit of an energy's OI is 0 for all phases, 1 to 3 for one. Attribute 2 counts 0.01, 4 counts 0.0001."""


def _energies() -> dict[str, Quantity]:
    rows = {}
    for oi, name, unit, may_be_negative in _ENERGY:
        short, long = (_EITHER, _LONG64_EITHER) if may_be_negative else (_UNSIGNED, _LONG64_UNSIGNED)
        for phase in range(4):
            full = f"{name}_l{phase}" if phase else name
            rows[f"{oi}{phase}02"] = Quantity(full, _number, short, unit, 2, _by_tariff)
            rows[f"{oi}{phase}04"] = Quantity(full, _number, long, unit, 4, _by_tariff)
    return rows


OBJECTS: Final[Mapping[str, Quantity]] = {
    **_energies(),
    "101002": Quantity("max_demand_import", _demand, _STRUCTURE, "kW", 4, _by_tariff),
    "102002": Quantity("max_demand_export", _demand, _STRUCTURE, "kW", 4, _by_tariff),
    "200002": Quantity("voltage", _number, _LONG_UNSIGNED, "V", 1, _by_phase),
    "200102": Quantity("current", _number, _SIGNED, "A", 3, _by_phase),
    "200402": Quantity("active_power", _number, _SIGNED, "kW", 4, _total_and_phases),  # a count is 0.1 W
    "200502": Quantity("reactive_power", _number, _SIGNED, "kvar", 4, _total_and_phases),
    "200602": Quantity("apparent_power", _number, _SIGNED, "kVA", 4, _total_and_phases),
    "200A02": Quantity("power_factor", _number, _LONG, "", 3, _total_and_phases),
    "200F02": Quantity("frequency", _number, _LONG_UNSIGNED, "Hz", 2),
    "201402": Quantity("status_word", _bits, _BITS, names=_by_number),
    "202102": Quantity("freeze_time", _moment, _MOMENT),
    "202302": Quantity("record_number", _number, _UNSIGNED),
    "400002": Quantity("clock", _moment, _MOMENT),
    "400102": Quantity("meter_address", _digits, _OCTETS),
    "400202": Quantity("meter_number", _digits, _OCTETS),
}
"""By OI and attribute. The scale of the demands, 0.0001 kW, is the only one without two sources or a vector."""

_ELEMENTS: Final[Mapping[Namer, int]] = {_by_tariff: 5, _by_phase: 3, _total_and_phases: 4}


def _oads() -> dict[str, str]:
    found: dict[str, str] = {}
    for place, quantity in OBJECTS.items():
        indices = range(1, 1 + _ELEMENTS.get(quantity.names, 0)) if quantity.names else range(1)
        for index in indices:
            found.setdefault(quantity.element(index), f"{place}{index:02X}")
    return found


_OAD_BY_NAME: Final[Mapping[str, str]] = _oads()
