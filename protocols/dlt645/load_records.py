"""Family 06, load records: A0 A0 n time {class data AA}x6 CS E5, as many as the reply holds.

AA may be a data byte, so a record is walked by the lengths of its classes and never split at AA. A class that the
meter does not record is empty and keeps its AA; a reply with one class may lack the AAs of the classes before or
after it. A record without a matching checksum, or one the meter itself marks as incorrect, yields no numbers.
Pieces of a long reply are joined before they come here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from protocols.dlt645.data_item import DataItem, misfit
from protocols.dlt645.families import quantities, variables
from protocols.dlt645.formats import Number, Quantity, Stamp, Value
from protocols.errors import LocalProtocolError

CHECKSUM_DIFFERS: Final = "record checksum differs"
MARKED_INCORRECT: Final = "marked incorrect by the meter"

_START: Final = b"\xa0\xa0"
_START_INCORRECT: Final = b"\xe0\xe0"
_SEPARATOR: Final = b"\xaa"
_END: Final = 0xE5
_HEAD_SIZE: Final = 3
_TAIL_SIZE: Final = 2
_TIME: Final = Stamp("YYMMDDhhmm")
_PHASES: Final = ("", "_l1", "_l2", "_l3")
_ENERGIES: Final = {energy.di2: (energy.name, energy.format) for energy in quantities.TOTALS}

Members = tuple[tuple[str, Number], ...]

CLASSES: Final[Mapping[int, Members]] = {
    1: (
        *((f"voltage{phase}", variables.VOLTAGE) for phase in _PHASES[1:]),
        *((f"current{phase}", variables.CURRENT) for phase in _PHASES[1:]),
        ("frequency", variables.FREQUENCY),
    ),
    2: (
        *((f"active_power{phase}", variables.ACTIVE_POWER) for phase in _PHASES),
        *((f"reactive_power{phase}", variables.REACTIVE_POWER) for phase in _PHASES),
    ),
    3: tuple((f"power_factor{phase}", variables.POWER_FACTOR) for phase in _PHASES),
    4: tuple(_ENERGIES[di2] for di2 in (1, 2, 3, 4)),
    5: tuple(_ENERGIES[di2] for di2 in (5, 6, 7, 8)),
    6: (("active_demand", variables.ACTIVE_POWER), ("reactive_demand", variables.REACTIVE_POWER)),
}
"""What each class records, in the order of the wire."""

_SIZES: Final = {number: sum(fmt.size for _, fmt in members) for number, members in CLASSES.items()}
_ITEM_NAMES: Final = {
    0: "load_records",
    1: "load_records_voltage_current",
    2: "load_records_power",
    3: "load_records_power_factor",
    4: "load_records_energy",
    5: "load_records_quadrant_energy",
    6: "load_records_demand",
}
_KINDS: Final = {0: "_earliest", 1: "_from", 2: "_latest"}


@dataclass(frozen=True, slots=True)
class LoadRecord:
    """One block: the meter's own time and the values of the classes that it records."""

    time: Value
    values: tuple[Value, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class LoadRecords:
    """The records in front of the first bytes that are none; `problem` says why the rest was not read."""

    records: tuple[LoadRecord, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class LoadRecordItem(DataItem):
    """An identifier of family 06. Its values are named record_1_time, record_1_voltage_l1 and so on."""

    def decode(self, payload: bytes) -> tuple[Value, ...]:
        found = decode_records(self.di, payload)
        values = [
            value._replace(name=f"record_{number}_{value.name}")
            for number, record in enumerate(found.records, start=1)
            for value in (record.time, *record.values)
        ]
        if found.problem:
            values.append(misfit(self, payload)._replace(problem=found.problem))
        return tuple(values)

    def encode(self, quantities: Sequence[Quantity]) -> bytes:
        raise LocalProtocolError(f"{self.di}: a load record has classes, use load_records.encode_record")


def find_records(di: str) -> LoadRecordItem | None:
    if not di.startswith("06") or di[4:6] != "00":
        return None
    load_class, kind = int(di[2:4], 16), int(di[6:8], 16)
    if load_class not in _ITEM_NAMES or kind not in _KINDS:
        return None
    return LoadRecordItem(di, _ITEM_NAMES[load_class] + _KINDS[kind], (), {})


def decode_records(di: str, payload: bytes) -> LoadRecords:
    """The records of a reply to the load-record identifier `di`, in the order of arrival."""
    records: list[LoadRecord] = []
    at = 0
    while at < len(payload):
        record, size = _record_at(di, payload, at)
        if record is None:
            return LoadRecords(tuple(records), f"byte {at} does not begin a load record")
        records.append(record)
        at += size
    return LoadRecords(tuple(records), None if records else "no load record")


def encode_record(time: str, classes: Mapping[int, Sequence[Quantity]]) -> bytes:
    """One record as a meter sends it; `time` as YYYY-MM-DD hh:mm, a class that is left out is not recorded."""
    body = _TIME.encode(time)
    for number, members in CLASSES.items():
        quantities = classes.get(number)
        if quantities is not None:
            pairs = zip(members, quantities, strict=True)
            body += b"".join(number_format.encode(quantity) for (_, number_format), quantity in pairs)
        body += _SEPARATOR
    covered = _START + bytes([len(body)]) + body
    return covered + bytes([sum(covered) & 0xFF, _END])


def _record_at(di: str, payload: bytes, at: int) -> tuple[LoadRecord | None, int]:
    """The record that begins here and its size. Some meters count their head and tail in n as well."""
    counted = payload[at + 2] if len(payload) > at + 2 else 0
    for size in (_HEAD_SIZE + counted + _TAIL_SIZE, counted):
        record = _decode_record(di, payload[at : at + size]) if at + size <= len(payload) else None
        if record is not None:
            return record, size
    return None, 0


def _decode_record(di: str, raw: bytes) -> LoadRecord | None:
    if raw[:2] not in (_START, _START_INCORRECT) or raw[-1] != _END:
        return None
    body = raw[_HEAD_SIZE + _TIME.size : -_TAIL_SIZE]
    layout = _layout(int(di[2:4], 16), body)
    if layout is None:
        return None
    problem = _problem(raw)
    time = _TIME.decode(raw[_HEAD_SIZE : _HEAD_SIZE + _TIME.size], "time", di)
    values = tuple(
        number_format.decode(body[start : start + number_format.size], name, di)
        for start, name, number_format in layout
    )
    if problem:
        time = time._replace(text="", problem=problem)
        values = tuple(value._replace(number=None, text="", problem=problem) for value in values)
    return LoadRecord(time, values, problem)


def _problem(raw: bytes) -> str | None:
    if raw.startswith(_START_INCORRECT):
        return MARKED_INCORRECT
    return None if sum(raw[:-_TAIL_SIZE]) & 0xFF == raw[-_TAIL_SIZE] else CHECKSUM_DIFFERS


def _layout(load_class: int, body: bytes) -> list[tuple[int, str, Number]] | None:
    """(offset, name, format) of every value; None where the classes cannot be told, or in more than one way."""
    if load_class:
        starts = [{load_class: start} for start in _single_class_starts(load_class, body)]
    else:
        starts = [found for count in range(7) for found in map(dict, _full_walks(body, count))]
    if len(starts) != 1:
        return None
    layout = []
    for number, start in starts[0].items():
        for name, number_format in CLASSES[number]:
            layout.append((start, name, number_format))
            start += number_format.size
    return layout


def _single_class_starts(load_class: int, body: bytes) -> list[int]:
    """Where the only class begins: behind the AA of every class before it, or at once where those are left out."""
    separators = len(body) - _SIZES[load_class]
    leading = {6: load_class - 1, 7 - load_class: 0, 1: 0}.get(separators)
    if leading is None or separators < 1:
        return []
    outside = body[:leading] + body[leading + _SIZES[load_class] :]
    return [leading] if outside == _SEPARATOR * separators else []


def _full_walks(body: bytes, count: int) -> list[list[tuple[int, int]]]:
    """Every way to lay `count` classes so that the size agrees and an AA stands behind each of the six."""
    return [
        walk
        for present in combinations(CLASSES, count)
        if len(body) == len(CLASSES) + sum(_SIZES[number] for number in present)
        if (walk := _walk(body, present)) is not None
    ]


def _walk(body: bytes, present: tuple[int, ...]) -> list[tuple[int, int]] | None:
    starts = []
    at = 0
    for number in CLASSES:
        if number in present:
            starts.append((number, at))
            at += _SIZES[number]
        if body[at : at + 1] != _SEPARATOR:
            return None
        at += 1
    return starts
