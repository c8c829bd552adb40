"""Why bytes are no frame of Q/GDW 376.1, in words for the person who sent them. Judges nothing `connection` accepts."""

from dataclasses import dataclass
from typing import Final

from protocols.gdw1376.connection import promised_size
from protocols.gdw1376.frame import END, FIXED_SIZE, HEADER_SIZE, OVERHEAD, START, Frame, checksum, parse

_SECOND_START: Final = HEADER_SIZE - 1
_SHOWN: Final = 16


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The problem, and what the header says where there is one; nothing in a broken frame is proved."""

    problem: str
    frame: Frame | None = None


def diagnose(raw: bytes) -> Diagnosis:
    """The first thing that does not hold in bytes that contain no valid frame."""
    start = header(raw)
    if start < 0:
        return Diagnosis(_without_header(raw))
    body = raw[start:]
    problem = _in_header(body)
    if problem or len(body) < HEADER_SIZE + FIXED_SIZE:
        return Diagnosis(problem or f"truncated in the header: {_bytes(len(body))}")
    return Diagnosis(_behind_header(body), parse(body[: HEADER_SIZE + FIXED_SIZE] + b"\x00\x16"))


def header(raw: bytes) -> int:
    """Where the first 68 with its twin five bytes on stands, or -1."""
    at = raw.find(START)
    while at >= 0 and raw[at + _SECOND_START : at + HEADER_SIZE] != bytes([START]):
        at = raw.find(START, at + 1)
    return at


def looks_begun(body: bytes) -> bool:
    """Two of three signs: both delimiters; two equal lengths of a known protocol; a length that fits to the end byte.

    Where a 68 stands seven bytes on, it may as well be DL/T 645 of an address like that.
    """
    if len(body) < HEADER_SIZE + 2 or body[0] == body[7] == START:
        return False
    ends = {promised_size(body, at) for at in (0, 2)}
    signs = (
        body[0] == body[_SECOND_START] == START,
        body[1:3] == body[3:5] and body[1] & 3 in (1, 2) and promised_size(body, 0) >= OVERHEAD + FIXED_SIZE,
        len(body) in ends and len(body) >= OVERHEAD + FIXED_SIZE,
    )
    return sum(signs) >= 2


def left_over(raw: bytes) -> str:
    """Words for bytes behind a frame that belong to nothing."""
    shown = raw[:_SHOWN].hex(" ").upper() + (" ..." if len(raw) > _SHOWN else "")
    return f"{_bytes(len(raw))} left over after the end byte: {shown}"


def _without_header(raw: bytes) -> str:
    if START not in raw:
        return "no start delimiter 68"
    if len(raw) - raw.index(START) < HEADER_SIZE:
        return f"truncated in the header: {_bytes(len(raw) - raw.index(START))}"
    return "start delimiters 68 are not at bytes 0 and 5 of a frame"


def _in_header(body: bytes) -> str | None:
    if body[1:3] != body[3:5]:
        return f"the two lengths differ: {body[1:3].hex(' ').upper()} and {body[3:5].hex(' ').upper()}"
    if body[1] & 3 in (0, 3):
        return f"protocol {body[1] & 3:02b} is neither Q/GDW 130 (01) nor Q/GDW 376.1 (10)"
    length = promised_size(body, 0) - OVERHEAD
    if length < FIXED_SIZE:
        return f"L says {_bytes(length)}, but C to SEQ alone are {FIXED_SIZE}"
    return None


def _behind_header(body: bytes) -> str:
    end = promised_size(body, 0)
    if len(body) < end:
        follow = _bytes(len(body) - HEADER_SIZE)
        return f"truncated: L says {_bytes(end - OVERHEAD)}, then checksum and end byte; only {follow} follow"
    if body[end - 1] == END:
        return f"checksum is {body[end - 2]:02X}, should be {checksum(body[HEADER_SIZE : end - 2]):02X}"
    if len(body) > end:
        return f"longer than L says: {_bytes(len(body) - end)} more than the {end} of the frame announced"
    return f"end byte is {body[end - 1]:02X}, should be 16"


def _bytes(count: int) -> str:
    return f"{count} byte" if count == 1 else f"{count} bytes"
