"""RTU frames in words: what `headend decode` shows. Never raises for text, however odd.

A line of hex begins with a frame and does not say who sent it. Each possible length is tried, and only a right CRC
is believed; what is left over has none.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from protocols.described import DescribedError, DescribedField, JsonValue, NotHex, json_object, read_hex
from protocols.modbus import rtu
from protocols.modbus.connection import LONG
from protocols.modbus.crc import CRC_SIZE, crc
from protocols.modbus.exceptions import exception_name
from protocols.modbus.frame import LARGEST_UNIT, Frame, Role
from protocols.modbus.message_size import SAID_TO

PROTOCOL: Final = "modbus-rtu"
NAMES: Final = {
    0x01: "read coils",
    0x02: "read discrete inputs",
    0x03: "read holding registers",
    0x04: "read input registers",
    0x05: "write single coil",
    0x06: "write single register",
    0x07: "read exception status",
    0x08: "diagnostics",
    0x0B: "get comm event counter",
    0x0C: "get comm event log",
    0x0F: "write multiple coils",
    0x10: "write multiple registers",
    0x11: "report server id",
    0x14: "read file record",
    0x15: "write file record",
    0x16: "mask write register",
    0x17: "read/write multiple registers",
    0x18: "read fifo queue",
    0x2B: "encapsulated interface transport",
}
_ROLES: Final = (Role.METER, Role.MASTER)
_REGISTER_READS: Final = (0x03, 0x04)
_COUNTED_READS: Final = (0x01, 0x02, *_REGISTER_READS)


class FrameDescription(NamedTuple):
    """One frame; `problem` says why it is invalid. Registers are whole numbers: a profile says what they mean."""

    valid: bool
    frame: Frame | None = None
    direction: str | None = None
    problem: str | None = None

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """Names and values; none of a frame that is not valid."""
        return _fields(self.frame, self.direction) if self.valid and self.frame else ()

    def as_json_dict(self, line: int | None = None) -> dict[str, JsonValue]:
        """The object of one frame in the order of the public contract."""
        frame = self.frame
        error: DescribedError | None = None
        if self.valid and frame is not None and frame.is_exception and frame.data:
            error = DescribedError(f"{frame.data[0]:02X}", (exception_name(frame.data[0]),))
        told: dict[str, JsonValue] = {
            "line": line,
            "valid": self.valid,
            "protocol": PROTOCOL,
            "address": str(frame.unit) if frame else None,
            "control": f"{frame.function:02X}" if frame else None,
            "function": _function_name(frame) if frame else None,
            "direction": self.direction,
            "problem": self.problem,
        }
        return json_object(told, (DescribedField(name, value, "") for name, value in self.fields), error)


def describe_line(text: str) -> list[FrameDescription]:
    """Every frame in one line of hex; a blank line has none. What follows the last frame is one more, invalid."""
    try:
        return _describe_bytes(read_hex(text))
    except NotHex as problem:
        return [FrameDescription(False, problem=str(problem))]


def _describe_bytes(raw: bytes) -> list[FrameDescription]:
    found, position = list[FrameDescription](), 0
    ends = {role: _ends(raw, role) for role in _ROLES}
    while position < len(raw):
        role, end = _whole_frame(raw, position, ends)
        if not end:
            found.append(_broken(raw[position:]))
            break
        found.append(_described(rtu.parse(raw[position:end]), role))
        position = end
    return found


def _ends(raw: bytes, role: Role) -> Callable[[int], int]:
    """Where the frame ends that begins at a place; a long line is looked at as a whole."""
    if len(raw) <= LONG:
        return lambda start: rtu.frame_end(raw, start, sizes=SAID_TO[role], lowest_unit=0)
    ends: list[int] = rtu.frame_ends(raw, sizes=SAID_TO[role], lowest_unit=0).tolist()
    return ends.__getitem__


def _whole_frame(raw: bytes, start: int, ends: Mapping[Role, Callable[[int], int]]) -> tuple[Role | None, int]:
    """Who hears the frame at the start, if its length tells, and its end; 0 where no length gives a right CRC."""
    for role in _ROLES:
        end = ends[role](start)
        if end > 0:
            return role, end
    rest = raw[start : start + rtu.MAX_SIZE + 1]
    return (None, len(raw)) if rest[0] <= LARGEST_UNIT and _has_right_crc(rest) else (None, 0)


def _has_right_crc(raw: bytes) -> bool:
    return rtu.MIN_SIZE <= len(raw) <= rtu.MAX_SIZE and crc(raw[:-CRC_SIZE]) == raw[-CRC_SIZE:]


def _described(frame: Frame, heard_by: Role | None) -> FrameDescription:
    if heard_by is Role.METER:
        return FrameDescription(True, frame, "request")
    is_response = heard_by is Role.MASTER or frame.is_exception
    return FrameDescription(True, frame, "response" if is_response else None)


def _fields(frame: Frame, direction: str | None) -> tuple[tuple[str, str], ...]:
    if frame.is_exception or direction is None:
        return ()
    if direction == "response":
        return _registers(frame)
    if frame.function in _COUNTED_READS:
        return (("address", str(_word(frame.data, 0))), ("count", str(_word(frame.data, 2))))
    return ()


def _registers(frame: Frame) -> tuple[tuple[str, str], ...]:
    if frame.function not in _REGISTER_READS:
        return ()
    places = range(1, len(frame.data) - 1, 2)
    return tuple((f"register_{number}", str(_word(frame.data, at))) for number, at in enumerate(places))


def _broken(raw: bytes) -> FrameDescription:
    """Bytes without a right CRC; the header is told for what it is worth, values are not."""
    if len(raw) < rtu.MIN_SIZE:
        return FrameDescription(False, problem=f"{len(raw)} bytes, the shortest frame has {rtu.MIN_SIZE}")
    if len(raw) > rtu.MAX_SIZE:
        return FrameDescription(False, problem=f"{len(raw)} bytes, the longest frame has {rtu.MAX_SIZE}")
    is_crc, should = raw[-2:].hex().upper(), crc(raw[:-2]).hex().upper()
    return FrameDescription(False, rtu.parse(raw), problem=f"CRC is {is_crc}, should be {should}")


def _function_name(frame: Frame) -> str:
    name = NAMES.get(frame.asked_function, f"unknown function {frame.asked_function:02X}")
    return f"{name}, refused" if frame.is_exception else name


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")
