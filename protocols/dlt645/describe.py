"""Frames in words: what `headend decode` shows of a DL/T 645 frame. Never raises for bytes, however odd.

Shows passwords and operator codes as the frame carries them: for a person with the frame in hand, never for a log.
"""

from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from protocols.described import DescribedError, DescribedField, JsonValue, NotHex, json_object, read_hex
from protocols.dlt645 import data_identifiers, diagnosis, edition1997, functions
from protocols.dlt645.commands import CommandData, error_kind, read_command
from protocols.dlt645.connection import Connection, Event, FrameReceived, NoiseReceived
from protocols.dlt645.data_item import DataItem
from protocols.dlt645.edition import Edition, edition_of
from protocols.dlt645.error_word import reasons_of
from protocols.dlt645.formats import NOT_PRESENT, Digits, Value
from protocols.dlt645.frame import Frame
from protocols.dlt645.layout import hex_value

_ADDRESS: Final = Digits(6)
_FUNCTION_NAMES: Final = {Edition.OF_2007: functions.NAMES_2007, Edition.OF_1997: functions.NAMES_1997}
_IDENTIFIER_SIZES: Final = {
    Edition.OF_2007: functions.IDENTIFIER_SIZE_2007,
    Edition.OF_1997: functions.IDENTIFIER_SIZE_1997,
}


@dataclass(frozen=True, slots=True)
class FrameDescription:
    """One frame. `problem` says why it is invalid, or what is wrong with the data of a valid one."""

    valid: bool
    protocol: str
    address: str | None = None
    control: str | None = None
    function: str | None = None
    direction: str | None = None
    data_identifier: str | None = None
    reading_type: str | None = None
    value: str | None = None
    unit: str | None = None
    fields: tuple[DescribedField, ...] = ()
    error: DescribedError | None = None
    problem: str | None = None
    follow_up: bool = False

    def as_json_dict(self, line: int | None = None) -> dict[str, JsonValue]:
        """The object of one frame in the order of the public contract."""
        told: dict[str, JsonValue] = {
            "line": line,
            "valid": self.valid,
            "protocol": self.protocol,
            "address": self.address,
            "control": self.control,
            "function": self.function,
            "direction": self.direction,
            "data_identifier": self.data_identifier,
            "reading_type": self.reading_type,
            "value": self.value,
            "unit": self.unit,
            "problem": self.problem,
        }
        return json_object(told, self.fields, self.error)


def describe_line(text: str, edition: str = Edition.AUTO) -> list[FrameDescription]:
    """Every frame in one line of hex. A line without a valid frame gives one invalid description, a blank none."""
    wanted = Edition(edition)
    try:
        raw = read_hex(text)
    except NotHex as problem:
        return [FrameDescription(False, _protocol(wanted), problem=str(problem))]
    return _describe_bytes(raw, wanted) if raw else []


def describe(raw_or_event: bytes | Event, edition: str = Edition.AUTO) -> FrameDescription:
    """One frame, event or byte string; of several frames in the bytes, the first."""
    wanted = Edition(edition)
    if isinstance(raw_or_event, FrameReceived):
        return _describe_frame(raw_or_event.frame, wanted)
    if isinstance(raw_or_event, NoiseReceived):
        return _describe_noise(raw_or_event.raw, wanted)
    return _describe_bytes(raw_or_event, wanted)[0]


def _describe_bytes(raw: bytes, edition: Edition) -> list[FrameDescription]:
    connection = Connection()
    events = connection.receive(raw) + connection.line_idle()
    if not any(isinstance(event, FrameReceived) for event in events):
        return [_describe_noise(raw, edition)]
    descriptions: list[FrameDescription] = []
    for is_noise, run in groupby(events, key=lambda event: isinstance(event, NoiseReceived)):
        found = list(run)
        if not is_noise:
            descriptions += [
                _describe_frame(event.frame, edition) for event in found if isinstance(event, FrameReceived)
            ]
            continue
        noise = b"".join(event.raw for event in found)
        if diagnosis.has_header(noise):
            descriptions.append(_describe_noise(noise, edition))
        elif found[-1] is events[-1]:
            descriptions[-1] = _spoiled(descriptions[-1], diagnosis.left_over(noise))
    return descriptions


def _spoiled(description: FrameDescription, problem: str) -> FrameDescription:
    """A line that holds more than its frames is not what it claims to be, so no value is read from the last."""
    return replace(description, valid=False, value=None, unit=None, fields=(), error=None, problem=problem)


def _describe_noise(raw: bytes, edition: Edition) -> FrameDescription:
    found = diagnosis.diagnose(raw)
    if found.control is None:
        return FrameDescription(False, _protocol(edition), found.address, problem=found.problem)
    frame = Frame(found.address or "", found.control, bytes(found.length or 0))
    return replace(_header(frame, _resolved(frame, edition)), valid=False, problem=found.problem)


def _describe_frame(frame: Frame, wanted: Edition) -> FrameDescription:
    edition = _resolved(frame, wanted)
    head = _header(frame, edition)
    if frame.is_error:
        reasons = reasons_of(frame, error_kind(frame, edition))
        return replace(head, error=DescribedError(frame.data[::-1].hex().upper(), reasons))
    command = read_command(frame, edition)
    if command is not None:
        return _with_command(head, command, edition)
    if edition is Edition.OF_2007 and frame.is_reply and frame.function == functions.READ_ADDRESS:
        return _with_values(replace(head, reading_type="meter_address"), _address_value(frame.data))
    size = _IDENTIFIER_SIZES[edition].get(frame.function, 0)
    if not size or len(frame.data) < size:
        return head
    di = frame.data[:size][::-1].hex().upper()
    item = _find(di, edition)
    head = replace(head, data_identifier=di, reading_type=item.name if item else None)
    if frame.is_reply:
        return head if item is None else _with_values(head, _values(frame, di, edition))
    return _with_values(head, _sequence(frame))


def _with_command(head: FrameDescription, command: CommandData, edition: Edition) -> FrameDescription:
    """The values of a command as fields, those of the item it writes behind them."""
    di, written = command.data_identifier, command.written
    item = _find(di, edition) if di else None
    values = command.values
    if written:
        values += _decode(di, written, edition) if di and item else (hex_value("data", written),)
    head = replace(head, data_identifier=di, reading_type=item.name if item else None)
    return replace(head, fields=_fields(values), problem=command.problem or _problem(values))


def _find(di: str, edition: Edition) -> DataItem | None:
    return data_identifiers.find(di) if edition is Edition.OF_2007 else edition1997.find(di)


def _decode(di: str, payload: bytes, edition: Edition) -> tuple[Value, ...]:
    return data_identifiers.decode(di, payload) if edition is Edition.OF_2007 else edition1997.decode(di, payload)


def _header(frame: Frame, edition: Edition) -> FrameDescription:
    name = _FUNCTION_NAMES[edition].get(frame.function, f"unknown function {frame.function:02X}")
    return FrameDescription(
        valid=True,
        protocol=edition.value,
        address=frame.address,
        control=f"{frame.control:02X}",
        function=name,
        direction="response" if frame.is_reply else "request",
        follow_up=frame.has_follow_up,
    )


def _values(frame: Frame, di: str, edition: Edition) -> tuple[Value, ...]:
    """The values of a whole read reply; a piece of a longer one may be cut inside a value and gives none."""
    is_whole = frame.function in (functions.READ, functions.READ_1997) and not frame.has_follow_up
    return _decode(di, frame.data[_IDENTIFIER_SIZES[edition][frame.function] :], edition) if is_whole else ()


def _address_value(data: bytes) -> tuple[Value, ...]:
    if len(data) != _ADDRESS.size:
        return (Value("meter_address", "", None, "", "", f"{len(data)} bytes where an address has 6"),)
    return (_ADDRESS.decode(data, "meter_address", ""),)


def _sequence(frame: Frame) -> tuple[Value, ...]:
    if frame.function != functions.READ_FOLLOW_UP or len(frame.data) != 5:
        return ()
    return (Value("sequence", "", None, str(frame.data[4]), ""),)


def _with_values(head: FrameDescription, values: tuple[Value, ...]) -> FrameDescription:
    if len(values) == 1:
        value = values[0]
        text = None if value.problem else value.text
        return replace(
            head, value=text, unit=value.unit, problem=f"{value.name}: {value.problem}" if value.problem else None
        )
    return replace(head, fields=_fields(values), problem=_problem(values))


def _fields(values: tuple[Value, ...]) -> tuple[DescribedField, ...]:
    return tuple(DescribedField(v.name, None if v.problem else v.text, v.unit) for v in values)


def _problem(values: tuple[Value, ...]) -> str | None:
    problems = [f"{value.name}: {value.problem}" for value in values if value.problem not in (None, NOT_PRESENT)]
    return "; ".join(problems[:3]) or None


def _resolved(frame: Frame, edition: Edition) -> Edition:
    return edition_of(frame) if edition is Edition.AUTO else edition


def _protocol(edition: Edition) -> str:
    return (Edition.OF_2007 if edition is Edition.AUTO else edition).value
