"""Why bytes are no DL/T 645 frame, in words for the person who sent them. Judges nothing that `connection` accepts."""

from dataclasses import dataclass
from typing import Final

from protocols.dlt645.frame import END, HEADER_SIZE, MAX_READ_DATA, OVERHEAD, START, address_from_wire, checksum

_SECOND_START: Final = 7
_SHOWN: Final = 16


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The problem, and what the header says where there is one; nothing in a broken frame is proved."""

    problem: str
    address: str | None = None
    control: int | None = None
    length: int | None = None


def diagnose(raw: bytes) -> Diagnosis:
    """The first thing that does not hold in bytes that contain no valid frame."""
    body = raw[_header(raw) :] if has_header(raw) else b""
    if not body:
        return Diagnosis(_without_header(raw.lstrip(b"\xfe")))
    address = address_from_wire(body[1:_SECOND_START])
    if len(body) < HEADER_SIZE:
        control = body[8] if len(body) > 8 else None
        return Diagnosis(f"truncated in the header: {len(body)} bytes", address, control)
    return Diagnosis(_behind_header(body), address, body[8], body[9])


def has_header(raw: bytes) -> bool:
    """Whether a frame was begun here: both delimiters stand."""
    return _header(raw) >= 0


def left_over(raw: bytes) -> str:
    """Words for bytes behind a frame that belong to nothing."""
    shown = raw[:_SHOWN].hex(" ").upper() + (" ..." if len(raw) > _SHOWN else "")
    return f"{_bytes(len(raw))} left over after the end byte: {shown}"


def _header(raw: bytes) -> int:
    """Where the first 68 with its twin seven bytes on stands, or -1."""
    at = raw.find(START)
    while at >= 0 and raw[at + _SECOND_START : at + _SECOND_START + 1] != bytes([START]):
        at = raw.find(START, at + 1)
    return at


def _without_header(raw: bytes) -> str:
    if not raw:
        return "no frame: nothing but preamble"
    if START not in raw:
        return "no start delimiter 68"
    if len(raw) - raw.index(START) <= _SECOND_START:
        return f"truncated in the header: {_bytes(len(raw) - raw.index(START))}"
    return "start delimiters 68 are not at bytes 0 and 7 of a frame"


def _behind_header(body: bytes) -> str:
    length = body[9]
    end = OVERHEAD + length
    if len(body) < end:
        follow = _bytes(len(body) - HEADER_SIZE)
        return f"truncated: L says {_bytes(length)} of data, then checksum and end byte; only {follow} follow"
    if length > MAX_READ_DATA:
        return f"L says {_bytes(length)} of data, at most {MAX_READ_DATA} are allowed"
    if body[end - 1] == END:
        return f"checksum is {body[end - 2]:02X}, should be {checksum(body[: end - 2]):02X}"
    if len(body) > end:
        return f"longer than L says: {_bytes(len(body) - end)} more than the {length} of data announced"
    return f"end byte is {body[end - 1]:02X}, should be 16"


def _bytes(count: int) -> str:
    return f"{count} byte" if count == 1 else f"{count} bytes"
