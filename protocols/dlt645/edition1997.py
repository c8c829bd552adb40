"""DL/T 645-1997 on the same link layer: two-byte identifiers, their table, and the read request.

Decoding only, for meters that are still on old lines. Scales that makers changed (B61x with a decimal, B62x with
three) belong to a device profile; this table holds the standard's.
"""

from collections.abc import Iterable
from typing import Final

from protocols.dlt645 import functions
from protocols.dlt645.data_item import DataItem, Field
from protocols.dlt645.formats import Digits, Format, Number, Stamp, Value
from protocols.dlt645.frame import Frame
from protocols.errors import LocalProtocolError

_END_OF_BLOCK: Final = 0xAA
_ENERGY_PERIODS: Final = ((0x90, ""), (0x94, "_last_month"), (0x98, "_month_before_last"))
_DEMAND_PERIODS: Final = ((0xA0, ""), (0xA4, "_last_month"), (0xA8, "_month_before_last"))
_DEMAND_TIME_STEP: Final = 0x10  # B0 holds the times of the demands of A0

_KINDS: Final = (
    (0, 0x1, "active_energy_import", "kWh"),
    (0, 0x2, "active_energy_export", "kWh"),
    (1, 0x1, "reactive_energy_import", "kvarh"),
    (1, 0x2, "reactive_energy_export", "kvarh"),
    (1, 0x3, "reactive_energy_q1", "kvarh"),
    (1, 0x4, "reactive_energy_q4", "kvarh"),
    (1, 0x5, "reactive_energy_q2", "kvarh"),
    (1, 0x6, "reactive_energy_q3", "kvarh"),
)
"""(0 active or 1 reactive, high digit of DI0, name, unit)."""

_SINGLES: Final[tuple[tuple[str, str, Format], ...]] = (
    ("9000", "active_energy_total", Number(4, 2, "kWh")),
    ("B210", "programming_time", Stamp("MMDDhhmm")),
    ("B211", "demand_cleared_time", Stamp("MMDDhhmm")),
    ("B212", "programming_count", Number(2, 0, "")),
    ("B213", "demand_cleared_count", Number(2, 0, "")),
    ("B214", "battery_working_time", Number(3, 0, "min")),
    ("B630", "active_power", Number(3, 4, "kW")),
    ("B640", "reactive_power", Number(2, 2, "kvar")),
    ("B650", "power_factor", Number(2, 3, "")),
    ("C011", "clock_time", Stamp("hhmmss")),
    ("C030", "active_meter_constant", Number(3, 0, "imp/kWh")),
    ("C031", "reactive_meter_constant", Number(3, 0, "imp/kvarh")),
    ("C032", "meter_number", Digits(6)),
    ("C033", "user_number", Digits(6)),
    ("C034", "device_code", Digits(6)),
)

_PHASES: Final[tuple[tuple[str, str, Format], ...]] = (
    ("B61", "voltage", Number(2, 0, "V")),
    ("B62", "current", Number(2, 2, "A")),
    ("B63", "active_power", Number(3, 4, "kW")),
    ("B64", "reactive_power", Number(2, 2, "kvar")),
    ("B65", "power_factor", Number(2, 3, "")),
)


def _item(name: str, members: Iterable[tuple[str, str]], value_format: Format, di: str = "") -> DataItem:
    """A block of equal members, of which a meter may send the first few only."""
    fields = tuple(
        Field(member_name, member, value_format, index * value_format.size)
        for index, (member, member_name) in enumerate(members)
    )
    sizes = {count * value_format.size: count for count in range(1, len(fields) + 1)}
    return DataItem(di or fields[0].di, name, fields, sizes)


def _tariff_items(head: int, tail: int, name: str, suffix: str, value_format: Format) -> Iterable[DataItem]:
    """Total at low digit 0, tariffs 1 to 14, all of them at F."""
    members = [
        (f"{head:02X}{tail:X}{tariff:X}", f"{name}{f'_t{tariff}' if tariff else ''}{suffix}") for tariff in range(15)
    ]
    yield from (_item(member_name, [(di, member_name)], value_format) for di, member_name in members)
    yield _item(f"{name}_block{suffix}", members, value_format, f"{head:02X}{tail:X}F")


def _registers() -> Iterable[DataItem]:
    for step, tail, name, unit in _KINDS:
        for head, suffix in _ENERGY_PERIODS:
            yield from _tariff_items(head + step, tail, name, suffix, Number(4, 2, unit))
        if tail > 2:
            continue
        demand = (
            name.replace("active_energy", "max_demand") if step == 0 else f"max_demand_{name}".replace("_energy", "")
        )
        for head, suffix in _DEMAND_PERIODS:
            power = Number(3, 4, unit.removesuffix("h"))
            yield from _tariff_items(head + step, tail, demand, suffix, power)
            time_head = head + step + _DEMAND_TIME_STEP
            yield from _tariff_items(time_head, tail, f"{demand}_time", suffix, Stamp("MMDDhhmm"))


def _others() -> Iterable[DataItem]:
    for di, name, value_format in _SINGLES:
        yield _item(name, [(di, name)], value_format)
    for head, name, value_format in _PHASES:
        members = [(f"{head}{phase}", f"{name}_l{phase}") for phase in (1, 2, 3)]
        yield from (_item(member_name, [(di, member_name)], value_format) for di, member_name in members)
        yield _item(f"{name}_block", members, value_format, f"{head}F")
    date = Field("clock_date", "C010", Stamp("YYMMDD"), 1)
    yield DataItem("C010", "clock_date", (date, Field("clock_weekday", "C010", Number(1, 0, ""), 0)), {4: 2})


_TABLE: Final = {item.di: item for items in (_registers(), _others()) for item in items}


def find(di: str) -> DataItem | None:
    """The item of a 1997 identifier (four hex digits, written order, upper case), or None where it is unknown."""
    return _TABLE.get(di)


def decode(di: str, payload: bytes) -> tuple[Value, ...]:
    """The values in the data of a reply. A block may be closed with AA."""
    item = _TABLE.get(di)
    if item is None:
        raise LocalProtocolError(f"data identifier {di!r} is not in the table of the 1997 edition")
    if len(payload) not in item.sizes and payload[-1:] == bytes([_END_OF_BLOCK]):
        payload = payload[:-1]
    return item.decode(payload)


def read(address: str, di: str) -> Frame:
    """A read request of the 1997 edition."""
    if len(di) != 4 or di.strip("0123456789ABCDEF"):
        raise LocalProtocolError(f"data identifier {di!r} is not four hex digits")
    return Frame(address, functions.READ_1997, bytes.fromhex(di)[::-1])
