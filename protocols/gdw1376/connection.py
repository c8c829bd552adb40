"""Link layer of Q/GDW 376.1: bytes in, events out. No I/O, no clock, no knowledge of terminals.

A frame is believed only when both 68, both copies of L, the protocol bits, the checksum and the end byte agree; its
end is found by the length. A false header that promises more than comes holds the line until `line_idle`; then the
bytes behind it are searched. How noise is told from frames, whatever the cut: see `protocols.resync`.
"""

import re
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np

from protocols.gdw1376.frame import END, FIXED_SIZE, HEADER_SIZE, OVERHEAD, START, Frame, checksum, parse
from protocols.resync import CUT_HEADER, INCOMPLETE, NO_START, Buffer, Endings, Framing, Receiver, running_sums
from protocols.resync import MAX_NOISE as MAX_NOISE  # part of what this layer promises

_PROTOCOLS: Final = (1, 2)
_LOW: Final = bytes(low for low in range(256) if low & 3 in _PROTOCOLS)
_LOW_ALONE: Final = bytes(low for low in _LOW if low >> 2 >= FIXED_SIZE)
_MAYBE_A_FRAME: Final = re.compile(
    rb"\x68(?:([%b][^\x00]|[%b]\x00)\1\x68|(?=.{0,4}\Z))" % (re.escape(_LOW), re.escape(_LOW_ALONE)), re.DOTALL
)
"""Both delimiters, two equal lengths that hold C to SEQ, a known protocol; or a 68 behind which too little has come."""
_NO_END, _BAD_CHECKSUM = -3, -4


class NoiseReason(StrEnum):
    """Why bytes are no frame: the first thing that did not hold."""

    NO_START = "no header"
    NO_END = "end byte is not 16"
    BAD_CHECKSUM = "checksum differs"
    TRUNCATED = "truncated"


_REASONS: Final = {
    NO_START: NoiseReason.NO_START,
    INCOMPLETE: NoiseReason.TRUNCATED,
    _NO_END: NoiseReason.NO_END,
    _BAD_CHECKSUM: NoiseReason.BAD_CHECKSUM,
}


class FrameReceived(NamedTuple):
    """`raw` runs from the first 68 to the end byte, as received."""

    frame: Frame
    raw: bytes


class NoiseReceived(NamedTuple):
    """Bytes that are no frame. Except for NO_START they begin with the header of the frame that failed."""

    raw: bytes
    reason: NoiseReason


Event = FrameReceived | NoiseReceived


class Connection(Receiver[Event]):
    """One end of a stream, master or terminal: both hear the same bytes."""

    def __init__(self) -> None:
        super().__init__(FRAMING)


def frame_end(buffer: Buffer, start: int) -> int:
    """Where the frame whose first 68 is at `start` ends; not above zero while it is incomplete or when it is none."""
    return _frame_end(buffer, start) if _MAYBE_A_FRAME.match(buffer, start) else NO_START


def promised_size(buffer: Buffer, start: int) -> int:
    """How long the frame whose header is at `start` says it is."""
    return ((buffer[start + 1] | buffer[start + 2] << 8) >> 2) + OVERHEAD


def _next_start(buffer: Buffer, position: int) -> int:
    found = _MAYBE_A_FRAME.search(buffer, position)
    return found.start() if found else -1


def _frame_end(buffer: Buffer, start: int) -> int:
    size = len(buffer)
    if size < start + HEADER_SIZE:
        return CUT_HEADER
    end = start + ((buffer[start + 1] | buffer[start + 2] << 8) >> 2) + OVERHEAD  # as promised_size, in line
    if end > size:
        return INCOMPLETE
    if buffer[end - 1] != END:
        return _NO_END
    return end if checksum(buffer[start + HEADER_SIZE : end - 2]) == buffer[end - 2] else _BAD_CHECKSUM


def _frame_ends(buffer: bytes) -> Endings:
    """As `_frame_end` at every place. Sums up to each place give those of all frames at once."""
    size = len(buffer)
    raw = np.frombuffer(buffer, dtype=np.uint8)
    endings = np.where(raw == START, CUT_HEADER, NO_START)
    endings[: max(0, size - HEADER_SIZE + 1)] = NO_START
    is_header = (raw[:-5] == START) & (raw[5:] == START) & (raw[1:-4] == raw[3:-2]) & (raw[2:-3] == raw[4:-1])
    starts = np.flatnonzero(is_header & np.isin(raw[1:-4] & 3, _PROTOCOLS))
    lengths = (raw[starts + 1] | raw[starts + 2].astype(np.int64) << 8) >> 2
    starts, lengths = starts[lengths >= FIXED_SIZE], lengths[lengths >= FIXED_SIZE]
    ends = starts + lengths + OVERHEAD
    last = np.minimum(ends, size) - 1
    sums = running_sums(raw)
    found = np.where(sums[last - 1] - sums[starts + HEADER_SIZE] == raw[last - 1], ends, _BAD_CHECKSUM)
    found[raw[last] != END] = _NO_END
    found[ends > size] = INCOMPLETE
    endings[starts] = found
    return endings


def _heard(raw: bytes) -> Event:
    return FrameReceived(parse(raw), raw)


def _noise(raw: bytes, ending: int) -> Event:
    return NoiseReceived(raw, _REASONS[ending])


FRAMING: Final[Framing[Event]] = Framing(
    next_start=_next_start,
    frame_end=_frame_end,
    frame_ends=_frame_ends,
    promised_size=promised_size,
    claim=promised_size,
    heard=_heard,
    noise=_noise,
)
