"""Why bytes are no DL/T 698.45 frame, in words for the person who sent them. Judges nothing that `connection` accepts.

A header that its HCS proves is looked for first; where there is none, the first 68 is taken for the start.
"""

from dataclasses import dataclass
from typing import Final

from protocols.dlt698 import fcs
from protocols.dlt698.frame import (
    END,
    FIXED_HEADER,
    IN_KILOBYTES,
    MAX_LENGTH,
    OVERHEAD,
    START,
    Frame,
    header_size,
    parse,
)

_SHOWN: Final = 16
_MAX_SEARCH: Final = 4096
_NO_DATA: Final = bytes(1 + fcs.SIZE + 1)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The problem; and what the header says, where its HCS proves it."""

    problem: str
    header: Frame | None = None


def diagnose(raw: bytes) -> Diagnosis:
    """The first thing that does not hold in bytes that contain no valid frame."""
    if not raw.lstrip(b"\xfe"):
        return Diagnosis("no frame: nothing but preamble")
    if START not in raw:
        return Diagnosis("no start delimiter 68")
    at = _proved_header(raw[:_MAX_SEARCH])
    if at < 0:
        return Diagnosis(_in_header(raw[raw.index(START) :]))
    body = raw[at:]
    header = parse(body[: header_size(body[4])] + _NO_DATA)
    return Diagnosis(_behind_header(body), header)


def left_over(raw: bytes) -> str:
    """Words for bytes behind a frame that belong to nothing."""
    shown = raw[:_SHOWN].hex(" ").upper() + (" ..." if len(raw) > _SHOWN else "")
    return f"{_bytes(len(raw))} left over after the end byte: {shown}"


def _proved_header(raw: bytes) -> int:
    at = raw.find(START)
    while at >= 0:
        if len(raw) > at + FIXED_HEADER:
            size = header_size(raw[at + 4])
            if len(raw) >= at + size and fcs.holds(raw[at + 1 : at + size]):
                return at
        at = raw.find(START, at + 1)
    return -1


def _in_header(body: bytes) -> str:
    if len(body) < FIXED_HEADER or len(body) < header_size(body[4]):
        return f"truncated in the header: {_bytes(len(body))}"
    size = header_size(body[4])
    is_hcs, should = body[size - fcs.SIZE : size], fcs.check_sequence(body[1 : size - fcs.SIZE])
    problem = f"HCS is {is_hcs.hex().upper()}, should be {should.hex().upper()}"
    length, here = body[1] | body[2] << 8, len(body) - OVERHEAD
    return problem if length == here else f"{problem}; length is {length}, {here} are here"


def _behind_header(body: bytes) -> str:
    length = body[1] | body[2] << 8
    end = length + OVERHEAD
    least = header_size(body[4]) + 1 + fcs.SIZE + 1 - OVERHEAD
    if length & IN_KILOBYTES:
        return "length is in kilobytes, which is not supported"
    if not least <= length <= MAX_LENGTH:
        return f"length is {length}, should be {least} to {MAX_LENGTH}"
    if len(body) < end:
        return f"truncated: length {length} makes {_bytes(end)}, only {len(body)} are here"
    if body[end - 1] != END:
        if len(body) > end and body[-1] == END:
            return f"length is {length}, should be {len(body) - OVERHEAD}"
        return f"end byte is {body[end - 1]:02X}, should be 16"
    is_fcs, should = body[end - 1 - fcs.SIZE : end - 1], fcs.check_sequence(body[1 : end - 1 - fcs.SIZE])
    return f"FCS is {is_fcs.hex().upper()}, should be {should.hex().upper()}"


def _bytes(count: int) -> str:
    return f"{count} byte" if count == 1 else f"{count} bytes"
