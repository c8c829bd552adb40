"""DL/T 698.45 link layer: bytes in, events out. No I/O, no clock, no meter knowledge.

A frame is believed only when its length, both check sequences and the end byte agree. The header's check sequence is
tested before its length is waited for, so that a damaged length holds nothing up. How noise is told from frames,
whatever the cut: see `protocols.resync`.
"""

import re
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np

from protocols.dlt698 import fcs
from protocols.dlt698.frame import END, FIXED_HEADER, MAX_LENGTH, OVERHEAD, SHORTEST_HEADER, START, Frame, parse
from protocols.resync import CUT_HEADER, INCOMPLETE, NO_START, Buffer, Endings, Framing, Receiver
from protocols.resync import MAX_NOISE as MAX_NOISE  # part of what this layer promises

_tuple = tuple.__new__  # builds a named tuple in half the time of its own constructor
_PREAMBLE: Final = b"\xfe"
_MAYBE_A_FRAME: Final = re.compile(rb"\x68(?!.[\x40-\xff])", re.DOTALL)
"""A 68 that may begin a frame: the length behind it, where it has come, is one that a frame may have."""
_BEHIND_HEADER: Final = 1 + fcs.SIZE + 1  # the shortest APDU, FCS, end byte
_NO_END, _BAD_FCS = -3, -4


class NoiseReason(StrEnum):
    """Why bytes are no frame: the first thing that did not hold."""

    NO_HEADER = "no header with a true HCS"
    NO_END = "end byte is not 16"
    BAD_FCS = "FCS differs"
    TRUNCATED = "truncated"


_REASONS: Final = {
    NO_START: NoiseReason.NO_HEADER,
    INCOMPLETE: NoiseReason.TRUNCATED,
    _NO_END: NoiseReason.NO_END,
    _BAD_FCS: NoiseReason.BAD_FCS,
}


class FrameReceived(NamedTuple):
    """`raw` runs from the 68 to the end byte, as received, without preamble."""

    frame: Frame
    raw: bytes


class NoiseReceived(NamedTuple):
    """Bytes that are no frame. Except for NO_HEADER they begin with a header that its HCS proved."""

    raw: bytes
    reason: NoiseReason


Event = FrameReceived | NoiseReceived


class Connection(Receiver[Event]):
    """One end of a line, client or server: both hear the same bytes."""

    def __init__(self) -> None:
        super().__init__(FRAMING)


def _next_start(buffer: Buffer, position: int) -> int:
    found = _MAYBE_A_FRAME.search(buffer, position)
    return found.start() if found else -1


def _frame_end(buffer: Buffer, start: int) -> int:
    size = len(buffer)
    if size < start + FIXED_HEADER:
        return CUT_HEADER
    header_end = start + SHORTEST_HEADER + (buffer[start + 4] & 0x0F)
    end = start + _promised_size(buffer, start)
    if end - start > MAX_LENGTH + OVERHEAD or end < header_end + _BEHIND_HEADER:
        return NO_START
    if size < header_end:
        return CUT_HEADER
    if not fcs.holds(buffer[start + 1 : header_end]):
        return NO_START
    if size < end:
        return INCOMPLETE
    if buffer[end - 1] != END:
        return _NO_END
    return end if fcs.holds(buffer[start + 1 : end - 1]) else _BAD_FCS


def _frame_ends(buffer: bytes) -> Endings:
    """As `_frame_end` at every place; the sums are made from one another."""
    size = len(buffer)
    raw = np.frombuffer(buffer, dtype=np.uint8)
    endings = np.where(raw == START, CUT_HEADER, NO_START)
    endings[:-2][raw[2:] > MAX_LENGTH >> 8] = NO_START
    starts = np.flatnonzero(endings[: 1 - FIXED_HEADER] == CUT_HEADER)
    ends = starts + OVERHEAD + (raw[starts + 1] | raw[starts + 2].astype(np.int64) << 8)
    header_ends = starts + SHORTEST_HEADER + (raw[starts + 4] & 0x0F)
    is_possible = ends >= header_ends + _BEHIND_HEADER
    endings[starts[~is_possible]] = NO_START
    is_whole = is_possible & (header_ends <= size)
    starts, ends, header_ends = starts[is_whole], ends[is_whole], header_ends[is_whole]
    sums = fcs.RunningSums(buffer)
    is_true = sums.hold(starts + 1, header_ends)
    endings[starts[~is_true]] = NO_START
    starts, ends = starts[is_true], ends[is_true]
    last = np.minimum(ends, size) - 1
    found = np.where(sums.hold(starts + 1, last), ends, _BAD_FCS)
    found[raw[last] != END] = _NO_END
    found[ends > size] = INCOMPLETE
    endings[starts] = found
    return endings


def _promised_size(buffer: Buffer, start: int) -> int:
    return (buffer[start + 1] | buffer[start + 2] << 8) + OVERHEAD


FRAMING: Final[Framing[Event]] = Framing(
    next_start=_next_start,
    frame_end=_frame_end,
    frame_ends=_frame_ends,
    promised_size=_promised_size,
    claim=lambda buffer, start: 1,  # a header that its HCS proved begins a noise of its own
    heard=lambda raw: _tuple(FrameReceived, (parse(raw), raw)),
    noise=lambda raw, ending: _tuple(NoiseReceived, (raw, _REASONS[ending])),
    preamble=_PREAMBLE,
)
