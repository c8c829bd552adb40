"""Frames in words: what `headend decode` shows of a DL/T 698.45 frame. Never raises for bytes, however odd."""

from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from protocols.described import DescribedError, DescribedField, JsonValue, NotHex, json_object, read_hex
from protocols.dlt698 import apdu, dar, diagnosis, frame, objects, wording
from protocols.dlt698.assembly import Assembler
from protocols.dlt698.connection import Connection, Event, FrameReceived
from protocols.dlt698.frame import Frame
from protocols.dlt698.objects import ObjectValue
from protocols.errors import ProtocolError

PROTOCOL: Final = "dlt698"

_FUNCTIONS: Final = {frame.LINK_MANAGEMENT: "link management", frame.USER_DATA: "user data"}
_MAX_PROBLEMS: Final = 3


@dataclass(frozen=True, slots=True)
class FrameDescription:
    """One frame. `problem` says why it is invalid, or what is wrong with the data of a valid one.

    A request opens an exchange, whoever sends it; a response closes it.
    """

    valid: bool
    address: str | None = None
    control: str | None = None
    function: str | None = None
    direction: str | None = None
    service: str | None = None
    oads: tuple[str, ...] = ()
    reading_type: str | None = None
    value: str | None = None
    unit: str | None = None
    fields: tuple[ObjectValue, ...] = ()
    error: DescribedError | None = None
    problem: str | None = None

    def as_json_dict(self, line: int | None = None) -> dict[str, JsonValue]:
        """The object of one frame in the order of the public contract."""
        told: dict[str, JsonValue] = {
            "line": line,
            "valid": self.valid,
            "protocol": PROTOCOL,
            "address": self.address,
            "control": self.control,
            "function": self.function,
            "direction": self.direction,
            "reading_type": self.reading_type,
            "value": self.value,
            "unit": self.unit,
            "problem": self.problem,
            "service": self.service,
            "oads": list(self.oads),
        }
        return json_object(told, (DescribedField(f.name, f.text, f.unit) for f in self.fields), self.error)


def describe_line(text: str) -> list[FrameDescription]:
    """Every frame in one line of hex; a blank line has none. Pieces of a split message are told by the last of them.

    Bytes that are no frame but hold a start byte are one more description, an invalid one.
    """
    try:
        raw = read_hex(text)
    except NotHex as problem:
        return [FrameDescription(False, problem=str(problem))]
    return _describe_bytes(raw) if raw else []


def _describe_bytes(raw: bytes) -> list[FrameDescription]:
    connection = Connection()
    events = connection.receive(raw) + connection.line_idle()
    if not any(isinstance(event, FrameReceived) for event in events):
        return [_broken(raw)]
    assembler = Assembler()
    descriptions: list[FrameDescription] = []
    for is_frame, run in groupby(events, key=lambda event: isinstance(event, FrameReceived)):
        found = list(run)
        if is_frame:
            descriptions += [_described(event.frame, assembler) for event in found if isinstance(event, FrameReceived)]
        else:
            _add_noise(descriptions, found, is_last=found[-1] is events[-1])
    return descriptions


def _add_noise(descriptions: list[FrameDescription], events: list[Event], *, is_last: bool) -> None:
    noise = b"".join(event.raw for event in events)
    if frame.START in noise:
        descriptions.append(_broken(noise))
    elif is_last:
        descriptions[-1] = _spoiled(descriptions[-1], diagnosis.left_over(noise))


def _spoiled(description: FrameDescription, problem: str) -> FrameDescription:
    """A line that holds more than its frames is not what it claims to be, so no value is read from the last."""
    return replace(description, valid=False, value=None, unit=None, fields=(), error=None, problem=problem)


def _broken(raw: bytes) -> FrameDescription:
    found = diagnosis.diagnose(raw)
    head = _header(found.header) if found.header else FrameDescription(False)
    return replace(head, valid=False, problem=found.problem)


def _described(received: Frame, assembler: Assembler) -> FrameDescription:
    head = _header(received)
    try:
        whole = assembler.take(received)
    except ProtocolError as error:
        return replace(head, fields=_piece(received), problem=str(error))
    return replace(head, fields=_piece(received)) if whole is None else _with_message(head, whole)


def _header(received: Frame) -> FrameDescription:
    name = _FUNCTIONS.get(received.function, f"unknown function {received.function}")
    sender = "server" if received.is_from_server else "client"
    starter = "client" if received.is_started_by_client else "server"
    is_request = sender == starter
    marks = (", split" if received.is_split else "") + (", scrambled" if received.is_scrambled else "")
    return FrameDescription(
        valid=True,
        address=received.server.digits,
        control=f"{received.control:02X}",
        function=f"{name}, {'request' if is_request else 'reply'} of the {sender}{marks}",
        direction="request" if is_request else "response",
    )


def _piece(received: Frame) -> tuple[ObjectValue, ...]:
    try:
        fragment = frame.fragment_of(received)
    except ProtocolError:
        return ()
    return (
        ObjectValue("fragment", text=str(fragment.number)),
        ObjectValue("piece", text=fragment.piece.name.lower()),
    )


def _with_message(head: FrameDescription, raw: bytes) -> FrameDescription:
    try:
        message = apdu.parse(raw)
    except ProtocolError as error:
        return replace(head, service=apdu.SERVICES.get(raw[0]) if raw else None, problem=str(error))
    items = wording.objects_of(message)
    told = message.inner or message
    oads = () if told.identifies_methods else tuple(item.oad for item in items)
    head = replace(head, service=message.service, oads=oads, error=_error(wording.refusals_of(message), len(items)))
    head = _with_values(head, wording.values_of(message))
    problem = head.problem or wording.problem_of(message)
    return replace(head, problem=problem)


def _error(refusals: tuple[wording.Refusal, ...], asked: int) -> DescribedError | None:
    if not refusals:
        return None
    if asked <= 1 and len(refusals) == 1:
        return DescribedError(f"{refusals[0].code:02X}", (dar.words(refusals[0].code),))
    reasons = tuple(f"{refusal.oad}: {dar.words(refusal.code)}" for refusal in refusals)
    return DescribedError(f"{refusals[0].code:02X}", reasons)


def _with_values(head: FrameDescription, values: tuple[ObjectValue, ...]) -> FrameDescription:
    problems = [f"{value.name}: {value.problem}" for value in values if value.problem]
    problem = "; ".join(problems[:_MAX_PROBLEMS]) or None
    name = objects.name_of(head.oads[0]) if len(head.oads) == 1 else None
    head = replace(head, reading_type=name, problem=problem)
    if name is None or [value.name for value in values] != [name]:
        return replace(head, fields=values)
    return head if head.error else replace(head, value=values[0].text, unit=values[0].unit)
