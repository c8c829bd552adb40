"""Frames in words: what `headend decode` shows of a Q/GDW 376.1 frame. Never raises for bytes, however odd.

`direction` says who speaks: a master's frame (DIR 0) is a request, a terminal's (DIR 1) a response, and that holds for
a login too, which the terminal begins: DIR says it in every frame, PRM differs between masters.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from protocols.described import DescribedError, DescribedField, JsonValue, NotHex, json_object, read_hex
from protocols.gdw1376 import diagnosis, identifiers
from protocols.gdw1376.auxiliary import Auxiliary
from protocols.gdw1376.connection import Connection, FrameReceived, NoiseReceived
from protocols.gdw1376.data_units import Content, Unit, read
from protocols.gdw1376.formats import NOT_AVAILABLE, Value
from protocols.gdw1376.frame import START, AddressForm, Frame
from protocols.gdw1376.functions import afn_name, function_name
from protocols.gdw1376.functions.link import ALL_DENIED, EACH_CONFIRMED

PROTOCOL: Final = "gdw1376"
_DENY: Final = 9


@dataclass(frozen=True, slots=True)
class FrameDescription:
    """One frame. `problem` says why it is invalid, or what is wrong with the data of a valid one."""

    valid: bool
    address: str | None = None
    control: str | None = None
    function: str | None = None
    direction: str | None = None
    edition: str | None = None
    afn: int | None = None
    pn: tuple[int, ...] = ()
    fn: tuple[int, ...] = ()
    fields: tuple[DescribedField, ...] = ()
    error: DescribedError | None = None
    problem: str | None = None
    protocol: str = PROTOCOL

    def as_json_dict(self, line: int | None = None) -> dict[str, JsonValue]:
        """The object of one frame in the order of the public contract, then what only this protocol has."""
        told: dict[str, JsonValue] = {
            "line": line,
            "valid": self.valid,
            "protocol": self.protocol,
            "address": self.address,
            "control": self.control,
            "function": self.function,
            "direction": self.direction,
            "problem": self.problem,
            "edition": self.edition,
            "afn": self.afn,
            "pn": list(self.pn),
            "fn": list(self.fn),
        }
        return json_object(told, self.fields, self.error)


def describe_line(
    text: str, *, password_size: int | None = None, form: AddressForm = AddressForm.HEX
) -> list[FrameDescription]:
    """Every frame in one line of hex. A line without a valid frame gives one invalid description, a blank none."""
    try:
        raw = read_hex(text)
    except NotHex as problem:
        return [FrameDescription(False, problem=str(problem))]
    return _describe_bytes(raw, password_size, form) if raw else []


def claims(text: str) -> bool:
    """Whether a line holds a frame of this protocol, whole or not: what such a frame wraps is not the line's own."""
    try:
        raw = read_hex(text)
    except NotHex:
        return False
    return any(diagnosis.looks_begun(raw[start:]) for start in {0, max(raw.find(START), 0)})


def describe(frame: Frame, password_size: int | None = None, form: AddressForm = AddressForm.HEX) -> FrameDescription:
    """One frame that was received whole."""
    content = read(frame, password_size)
    units = content.units
    return replace(
        _header(frame, form),
        pn=tuple(dict.fromkeys(unit.point for unit in units)),
        fn=tuple(dict.fromkeys(unit.function for unit in units)),
        fields=tuple(_fields(content)),
        error=_error(frame, units),
        problem=_problem(content),
    )


def _describe_bytes(raw: bytes, password_size: int | None, form: AddressForm) -> list[FrameDescription]:
    connection = Connection()
    events = connection.receive(raw) + connection.line_idle()
    if not any(isinstance(event, FrameReceived) for event in events):
        return [_describe_noise(raw, form)]
    descriptions: list[FrameDescription] = []
    for is_noise, run in groupby(events, key=lambda event: isinstance(event, NoiseReceived)):
        found = list(run)
        if not is_noise:
            received = (event for event in found if isinstance(event, FrameReceived))
            descriptions += [describe(event.frame, password_size, form) for event in received]
            continue
        noise = b"".join(event.raw for event in found)
        if diagnosis.header(noise) >= 0:
            descriptions.append(_describe_noise(noise, form))
        elif found[-1] is events[-1]:
            descriptions[-1] = _spoiled(descriptions[-1], diagnosis.left_over(noise))
    return descriptions


def _spoiled(description: FrameDescription, problem: str) -> FrameDescription:
    """A line that holds more than its frames is not what it claims to be, so no value is read from the last."""
    return replace(description, valid=False, fields=(), error=None, problem=problem)


def _describe_noise(raw: bytes, form: AddressForm) -> FrameDescription:
    found = diagnosis.diagnose(raw)
    if found.frame is None:
        return FrameDescription(False, problem=found.problem)
    return replace(_header(found.frame, form), valid=False, problem=found.problem)


def _header(frame: Frame, form: AddressForm) -> FrameDescription:
    return FrameDescription(
        valid=True,
        address=frame.address(form),
        control=f"{frame.control:02X}",
        function=afn_name(frame.afn),
        direction="response" if frame.is_up else "request",
        edition=frame.edition.title,
        afn=frame.afn,
    )


def _fields(content: Content) -> Iterable[DescribedField]:
    """Names are plain where the frame has one unit, and say point and function where it has several."""
    several = len(content.units) > 1
    for unit in content.units:
        place = f"p{unit.point}.f{unit.function}." if several else ""
        for value in unit.values:
            yield DescribedField(place + value.name, None if value.problem else value.text, value.unit)
        if unit.problem and unit.raw:
            yield DescribedField(place + "data", unit.raw.hex().upper(), "")
    yield from _auxiliary_fields(content.auxiliary)


def _auxiliary_fields(auxiliary: Auxiliary) -> Iterable[DescribedField]:
    """The password is for the terminal alone and is not shown."""
    if auxiliary.events:
        yield DescribedField("event_counter_important", str(auxiliary.events.important), "")
        yield DescribedField("event_counter_ordinary", str(auxiliary.events.ordinary), "")
    if auxiliary.time_tag:
        yield DescribedField("time_tag_counter", str(auxiliary.time_tag.counter), "")
        yield DescribedField("time_tag_sent", auxiliary.time_tag.sent, "")
        yield DescribedField("time_tag_allowed_delay", str(auxiliary.time_tag.allowed_delay_min), "min")


def _problem(content: Content) -> str | None:
    bad = [_words(unit, value) for unit in content.units for value in unit.values if _is_bad(value)]
    remarks = [f"p{unit.point} F{unit.function}: {unit.remark}" for unit in content.units if unit.remark]
    problems = [*bad[:3], *remarks[:3], *([content.problem] if content.problem else [])]
    return "; ".join(problems) or None


def _words(unit: Unit, value: Value) -> str:
    return f"p{unit.point} F{unit.function} {value.name}: {value.problem}"


def _is_bad(value: Value) -> bool:
    return value.problem not in (None, NOT_AVAILABLE)


def _error(frame: Frame, units: tuple[Unit, ...]) -> DescribedError | None:
    if frame.afn == 0x00:
        for unit in units:
            if unit.function == ALL_DENIED:
                return DescribedError("F2", ("all denied",))
            if unit.function == EACH_CONFIRMED:
                return _denied_units(unit)
    if not frame.is_primary and frame.link_function == _DENY:
        return DescribedError("FC9", ("denied: no such data",))
    return None


def _denied_units(unit: Unit) -> DescribedError | None:
    texts = {value.name: value.text for value in unit.values}
    denied = [
        (texts[f"identifier_{number}"], int(texts[f"error_{number}"]))
        for number in range(1, len(texts) // 2 + 1)
        if texts[f"error_{number}"] != "0"
    ]
    if not denied:
        return None
    afn = int(texts["confirmed_afn"], 16)
    return DescribedError(f"{denied[0][1]:02X}", tuple(_denial(afn, *one) for one in denied))


def _denial(afn: int, identifier: str, code: int) -> str:
    return f"AFN {afn:02X} {places(bytes.fromhex(identifier), afn)}: error {code}"


def places(raw: bytes, afn: int) -> str:
    """A DA DT in words: `p1 F25 (measuring point now)`."""
    named = identifiers.parse(raw)
    words = [f"F{function}" + _in_brackets(function_name(afn, function)) for function in named.functions]
    return " ".join((*(f"p{point}" for point in named.points), *words)) or raw.hex().upper()


def _in_brackets(name: str | None) -> str:
    return f" ({name})" if name else ""
