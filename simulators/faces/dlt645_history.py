"""DL/T 645-2007 families 05 (freezes) and 06 (load records): what the meter stored, as the manual lays it out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from protocols.dlt645.requests import ReadRequest
from simulators.faces.dlt645_format import PARTING, Member, Told, bcd, join, minute_stamp, named, tell
from simulators.faces.dlt645_registers import (
    ALL,
    DEMANDS,
    energy_members,
    phased_members,
    single_member,
)
from simulators.meter import LOAD_RECORD_DAYS, LOAD_RECORD_INTERVAL, Record, SimulatedMeter
from simulators.slots import TARIFFS
from simulators.snapshot import Snapshot
from simulators.witness import Truth

HOURLY, DAILY = 0x04, 0x06
TIME, FORWARD, REVERSE, COMBINED_1, Q4 = 0x00, 0x01, 0x02, 0x03, 0x08
FORWARD_DEMAND, REVERSE_DEMAND, VARIABLES = 0x09, 0x0A, 0x10
DAILY_ITEMS = (TIME, *range(FORWARD, Q4 + 1), FORWARD_DEMAND, REVERSE_DEMAND, VARIABLES)
HOURLY_ITEMS = (TIME, FORWARD, REVERSE)
EARLIEST, GIVEN_TIME, LATEST = 0x00, 0x01, 0x02


def freeze(meter: SimulatedMeter, di: bytes, at: datetime) -> Told | None:
    """05 | kind | item or block | number, 01 is the newest."""
    _, kind, item, number = di
    if kind == DAILY:
        record, items = meter.daily_freeze(number, at), DAILY_ITEMS
    elif kind == HOURLY:
        record, items = meter.hourly_freeze(number, at), HOURLY_ITEMS
    else:
        return None
    if record is None or (item != ALL and item not in items):
        return None
    tariff = ALL if kind == DAILY else 0
    if item != ALL:
        return _frozen(meter, record, item, tariff)
    parts = [_frozen(meter, record, one, tariff) for one in items]
    registers = {name: value for part in parts for truth in part.truths for name, value in truth.registers.items()}
    return Told(PARTING.join(part.payload for part in parts), (Truth(record.at, registers),))


def _frozen(meter: SimulatedMeter, record: Record, item: int, tariff: int) -> Told:
    if item == TIME:
        return Told(minute_stamp(record.stamp))
    if item in (FORWARD_DEMAND, REVERSE_DEMAND):
        return Told(_frozen_demand(meter, record, DEMANDS[item - FORWARD_DEMAND + 1][1]))
    if item == VARIABLES:
        snapshot = meter.snapshot(record.at)
        return tell(phased_members(0x03, snapshot) + phased_members(0x04, snapshot), record.at)
    return tell(energy_members(item, record.energy, tariff), record.at)


def _frozen_demand(meter: SimulatedMeter, record: Record, register: str) -> bytes:
    """The demand that stood at the freeze: of the month that was running just before it."""
    payload = b""
    begins_month = (record.stamp.day, record.stamp.hour) == (1, 0)
    for name in (register, *(f"{register}_t{n}" for n in range(1, TARIFFS + 1))):
        best = meter.max_demand(name, record.at, months_ago=1 if begins_month else 0)
        payload += bcd(best.watts * 10, 3) + minute_stamp(best.stamp)
    return payload


@dataclass(frozen=True, slots=True)
class _Moment:
    record: Record
    snapshot: Snapshot


def _class_1(moment: _Moment) -> list[Member]:
    phases = phased_members(0x01, moment.snapshot) + phased_members(0x02, moment.snapshot)
    return [*phases, single_member(0x02, moment.snapshot)]


def _class_2(moment: _Moment) -> list[Member]:
    return phased_members(0x03, moment.snapshot) + phased_members(0x04, moment.snapshot)


def _class_3(moment: _Moment) -> list[Member]:
    return phased_members(0x06, moment.snapshot)


def _class_4(moment: _Moment) -> list[Member]:
    return [energy_members(quantity, moment.record.energy, 0)[0] for quantity in (1, 2, 3, 4)]


def _class_5(moment: _Moment) -> list[Member]:
    return [energy_members(quantity, moment.record.energy, 0)[0] for quantity in (5, 6, 7, 8)]


def _class_6(moment: _Moment) -> list[Member]:
    return [single_member(0x04, moment.snapshot), single_member(0x05, moment.snapshot)]


CLASSES: Mapping[int, Callable[[_Moment], list[Member]]] = {
    1: _class_1,
    2: _class_2,
    3: _class_3,
    4: _class_4,
    5: _class_5,
    6: _class_6,
}


def load_records(meter: SimulatedMeter, di: bytes, request: ReadRequest, at: datetime) -> Told | None:
    """06 | class, 00 is all | 00 | earliest, from a given time, or latest: records one after another."""
    _, load_class, zero, kind = di
    first = _first(meter, kind, request, at)
    if zero or load_class > max(CLASSES) or first is None:
        return None
    wanted = tuple(CLASSES) if load_class == 0 else (load_class,)
    payload = b""
    truths: list[Truth] = []
    for record in meter.load_records(first, request.blocks or 1, at):
        told = _block(_Moment(record, meter.snapshot(record.at)), wanted)
        payload += told.payload
        truths += told.truths
    return Told(payload, tuple(truths)) if payload else None


def _first(meter: SimulatedMeter, kind: int, request: ReadRequest, at: datetime) -> datetime | None:
    shown = meter.clock.local(at)
    if request.blocks == 0:
        return None
    if kind == EARLIEST:
        return shown - timedelta(days=LOAD_RECORD_DAYS + 1)
    if kind == LATEST:
        last = shown.replace(minute=shown.minute // 15 * 15, second=0)
        return last - LOAD_RECORD_INTERVAL * ((request.blocks or 1) - 1)
    if kind == GIVEN_TIME and request.load_record_from is not None:
        return _local(shown, request.load_record_from)
    return None


def _local(shown: datetime, digits: tuple[int, int, int, int, int]) -> datetime | None:
    year, month, day, hour, minute = digits
    try:
        return shown.replace(year=year, month=month, day=day, hour=hour, minute=minute, second=0)
    except ValueError:
        return None


def _block(moment: _Moment, wanted: Sequence[int]) -> Told:
    """A0 A0, length, time stamp, six fields each closed by AA (a class not wanted is empty), sum, E5."""
    body = minute_stamp(moment.record.stamp)
    registers: dict[str, Decimal] = {}
    for number, members_of in CLASSES.items():
        if number in wanted:
            members = members_of(moment)
            body += join(members)
            registers |= named(members)
        body += PARTING
    summed = b"\xa0\xa0" + bytes([len(body)]) + body
    return Told(summed + bytes([sum(summed) & 0xFF, 0xE5]), (Truth(moment.record.at, registers),))
