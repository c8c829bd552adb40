"""DL/T 645 link layer: bytes in, events out. No I/O, no clock, no meter knowledge.

A frame is believed only when both delimiters, the length, the checksum and the end byte agree; its end is found by
the length and never by its value. How noise is told from frames, whatever the cut: see `protocols.resync`.
"""

import re
from enum import StrEnum
from typing import Final, NamedTuple
from zlib import adler32

import numpy as np

from protocols.dlt645.frame import (
    END,
    HEADER_SIZE,
    MAX_FRAME_SIZE,
    MAX_READ_DATA,
    OVERHEAD,
    START,
    TO_PLAIN,
    Frame,
    checksum,
    parse,
)
from protocols.resync import CUT_HEADER, INCOMPLETE, NO_START, Buffer, Endings, Framing, Receiver, running_sums
from protocols.resync import MAX_NOISE as MAX_NOISE  # part of what this layer promises

_tuple = tuple.__new__  # builds a named tuple in half the time of its own constructor
_PREAMBLE: Final = b"\xfe"
_SECOND_START: Final = 7
_LENGTH: Final = HEADER_SIZE - 1
_MAYBE_A_FRAME: Final = re.compile(rb"\x68(?=.{6}\x68|.{0,6}\Z)", re.DOTALL)
"""A 68 that may begin a frame: the second one, where it has come, is in its place."""
_TOO_LONG, _NO_END, _BAD_CHECKSUM = -3, -4, -5


class NoiseReason(StrEnum):
    """Why bytes are no frame: the first thing that did not hold."""

    NO_START = "no start delimiters"
    TOO_LONG = "length over the limit"
    NO_END = "end byte is not 16"
    BAD_CHECKSUM = "checksum differs"
    TRUNCATED = "truncated"


_REASONS: Final = {
    NO_START: NoiseReason.NO_START,
    INCOMPLETE: NoiseReason.TRUNCATED,
    _TOO_LONG: NoiseReason.TOO_LONG,
    _NO_END: NoiseReason.NO_END,
    _BAD_CHECKSUM: NoiseReason.BAD_CHECKSUM,
}


class FrameReceived(NamedTuple):
    """`raw` runs from the first 68 to the end byte, as received, without preamble."""

    frame: Frame
    raw: bytes


class NoiseReceived(NamedTuple):
    """Bytes that are no frame. Except for NO_START they begin with the header of the frame that failed."""

    raw: bytes
    reason: NoiseReason


Event = FrameReceived | NoiseReceived


class Connection(Receiver[Event]):
    """One end of a line, master or meter: both hear the same bytes."""

    def __init__(self) -> None:
        super().__init__(FRAMING)

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes as they come; the frames (and the noise before them) that are complete now."""
        if self._is_clear:
            raw = data.lstrip(_PREAMBLE)
            frame = sole_frame(raw)
            if frame is not None:  # the usual case
                return [_tuple(FrameReceived, (frame, raw))]
        return super().receive(data)


def sole_frame(raw: bytes) -> Frame | None:
    """The frame, where the bytes are one valid frame and nothing else: all that `_frame_end` asks, in one breath.

    Written out, without `checksum` and `parse`: nearly every byte that is ever heard passes here.
    """
    size = len(raw)
    if (
        size >= OVERHEAD
        and raw[0] == START == raw[_SECOND_START]
        and raw[_LENGTH] + OVERHEAD == size <= MAX_FRAME_SIZE
        and raw[-1] == END
        and adler32(raw[:-2], 0) & 0xFF == raw[-2]
    ):
        return _tuple(Frame, (raw[6:0:-1].hex().upper(), raw[8], raw[HEADER_SIZE:-2].translate(TO_PLAIN)))
    return None


def _next_start(buffer: Buffer, position: int) -> int:
    found = _MAYBE_A_FRAME.search(buffer, position)
    return found.start() if found else -1


def _frame_end(buffer: Buffer, start: int) -> int:
    size = len(buffer)
    if size <= start + _SECOND_START:
        return CUT_HEADER
    if size < start + HEADER_SIZE:
        return INCOMPLETE
    length = buffer[start + _LENGTH]
    if length > MAX_READ_DATA:
        return _TOO_LONG
    end = start + OVERHEAD + length
    if size < end:
        return INCOMPLETE
    if buffer[end - 1] != END:
        return _NO_END
    return end if checksum(buffer[start : end - 2]) == buffer[end - 2] else _BAD_CHECKSUM


def _frame_ends(buffer: bytes) -> Endings:
    """As `_frame_end` at every place. Sums up to each place give those of all frames at once."""
    size = len(buffer)
    raw = np.frombuffer(buffer, dtype=np.uint8)
    endings = np.where(raw == START, CUT_HEADER, NO_START)
    endings[: max(0, size - _SECOND_START)] = NO_START
    starts = np.flatnonzero((raw[:-_SECOND_START] == START) & (raw[_SECOND_START:] == START))
    lengths = raw[np.minimum(starts + _LENGTH, size - 1)].astype(np.int64)
    ends = starts + OVERHEAD + lengths
    last = np.minimum(ends, size) - 1
    sums = running_sums(raw)
    found = np.where(sums[last - 1] - sums[starts] == raw[last - 1], ends, _BAD_CHECKSUM)
    found[raw[last] != END] = _NO_END
    found[ends > size] = INCOMPLETE
    found[lengths > MAX_READ_DATA] = _TOO_LONG
    found[starts + _LENGTH >= size] = INCOMPLETE
    endings[starts] = found
    return endings


def _promised_size(buffer: Buffer, start: int) -> int:
    return OVERHEAD + buffer[start + _LENGTH] if len(buffer) > start + _LENGTH else HEADER_SIZE


FRAMING: Final[Framing[Event]] = Framing(
    next_start=_next_start,
    frame_end=_frame_end,
    frame_ends=_frame_ends,
    promised_size=_promised_size,
    claim=lambda buffer, start: OVERHEAD,  # a header inside the shortest frame begins no noise of its own
    heard=lambda raw: _tuple(FrameReceived, (parse(raw), raw)),
    noise=lambda raw, ending: _tuple(NoiseReceived, (raw, _REASONS[ending])),
    preamble=_PREAMBLE,
    lone_cut_header=INCOMPLETE,
)
