"""DL/T 645-2007 family 04: the settings of a simulated meter, its clock and its status words. Read only."""

from collections.abc import Callable, Mapping
from datetime import datetime

from simulators.faces.dlt645_format import Told, bcd, date_with_weekday, text, time_of_day
from simulators.meter import SimulatedMeter
from simulators.slots import TARIFFS

Setting = Callable[[SimulatedMeter, datetime], bytes]

BLOCK_DEMAND = 1 << 1
REVERSE_TOTAL = 1 << 4
RELAY_OPEN, RELAY_COMMAND_OPEN = 1 << 4, 1 << 6
ALL_LOAD_CLASSES = 0x3F
IMPORT_PLUS_EXPORT, Q1_PLUS_Q4, Q2_PLUS_Q3 = 0x05, 0x41, 0x14


def status_words(meter: SimulatedMeter, at: datetime) -> tuple[int, ...]:
    """Words 1 to 7 as 16-bit numbers; the faults of words 4 to 7 never happen to this meter."""
    snapshot = meter.snapshot(at)
    first = BLOCK_DEMAND | (REVERSE_TOTAL if snapshot.active_w < 0 else 0)
    second = sum(1 << n for n, phase in enumerate(snapshot.phases) if phase.active_w < 0)
    third = 0 if meter.relay.is_closed(at) else RELAY_OPEN | RELAY_COMMAND_OPEN
    return (first, second, third, 0, 0, 0, 0)


def parameter(meter: SimulatedMeter, di: bytes, at: datetime) -> Told | None:
    """04 | DI2 DI1 DI0."""
    setting = SETTINGS.get(di.hex().upper())
    return Told(setting(meter, at)) if setting else None


def _fixed(value: bytes) -> Setting:
    return lambda meter, at: value


def _number(value: int, size: int) -> Setting:
    return _fixed(bcd(value, size))


def _word(number: int) -> Setting:
    return lambda meter, at: status_words(meter, at)[number - 1].to_bytes(2, "little")


def _words(meter: SimulatedMeter, at: datetime) -> bytes:
    return b"".join(word.to_bytes(2, "little") for word in status_words(meter, at))


def _address(meter: SimulatedMeter, at: datetime) -> bytes:
    return bytes.fromhex(meter.address)[::-1]


def _serial(meter: SimulatedMeter, at: datetime) -> bytes:
    return bytes.fromhex(meter.serial)[::-1]


def _asset_code(meter: SimulatedMeter, at: datetime) -> bytes:
    return text(meter.serial, 32)


def _date(meter: SimulatedMeter, at: datetime) -> bytes:
    return date_with_weekday(meter.clock.local(at))


def _time(meter: SimulatedMeter, at: datetime) -> bytes:
    return time_of_day(meter.clock.local(at))


def _date_and_time(meter: SimulatedMeter, at: datetime) -> bytes:
    return _time(meter, at) + _date(meter, at)


def _periods(meter: SimulatedMeter, at: datetime) -> bytes:
    """Each period is hhmmNN, three bytes low first."""
    return b"".join(
        bytes.fromhex(f"{start.replace(':', '')}{tariff:02d}")[::-1] for start, tariff in meter.spec.tariffs
    )


def _maximum_current(meter: SimulatedMeter, at: datetime) -> bytes:
    return text("60A" if meter.spec.phases == 1 else "100A", 6)


SETTINGS: Mapping[str, Setting] = {
    "04000101": _date,
    "04000102": _time,
    "0400010C": _date_and_time,
    "04000103": _number(15, 1),  # demand period, minutes
    "04000104": _number(15, 1),  # slip: as long as the period, block demand
    "04000201": _number(1, 1),  # zones
    "04000202": _number(1, 1),  # period tables
    "04000203": lambda meter, at: bcd(len(meter.spec.tariffs), 1),
    "04000204": _number(TARIFFS, 1),
    "04000401": _address,
    "04000402": _serial,
    "04000403": _asset_code,
    "04000404": _fixed(text("220V", 6)),
    "04000405": _fixed(text("5A", 6)),
    "04000406": _maximum_current,
    "04000407": _fixed(text("1.0", 4)),
    "04000408": _fixed(text("2.0", 4)),
    "04000409": _number(1200, 3),
    "0400040A": _number(1200, 3),
    "0400040B": _fixed(text("SIM645", 10)),
    "0400040D": _fixed(text("DL/T645-2007", 16)),
    **{f"0400050{n}": _word(n) for n in range(1, 8)},
    "040005FF": _words,
    "04000601": _fixed(bytes([IMPORT_PLUS_EXPORT])),
    "04000602": _fixed(bytes([Q1_PLUS_Q4])),
    "04000603": _fixed(bytes([Q2_PLUS_Q3])),
    "04000901": _fixed(bytes([ALL_LOAD_CLASSES])),
    **{f"04000A0{n}": _number(15, 2) for n in range(2, 8)},  # minutes between load records, class 1 to 6
    "04000B01": _number(100, 2),  # settlement: day 01, hour 00
    "04010000": _fixed(bytes.fromhex("010101")),  # one zone: from 1 January, period table 1
    "04010001": _periods,
}
