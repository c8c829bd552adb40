"""Link layer of Q/GDW 376.1: bytes in, events out. No I/O, no clock, no knowledge of terminals.

The events do not depend on how the bytes were cut. A frame is believed only when both 68, both copies of L, the
protocol bits, the checksum and the end byte agree; its end is found by the length, and a failure costs one byte.
A false header that promises more than comes holds the line until `line_idle`; then the bytes behind it are searched.
"""

import re
from enum import StrEnum
from itertools import accumulate
from typing import Final, NamedTuple

from protocols.gdw1376.frame import END, FIXED_SIZE, HEADER_SIZE, OVERHEAD, START, Frame, parse

MAX_NOISE: Final = 1024
"""A noise event carries at most this many bytes, so a chattering line cannot fill the memory."""

_LOW: Final = bytes(low for low in range(256) if low & 3 in (1, 2))
_LOW_ALONE: Final = bytes(low for low in _LOW if low >> 2 >= FIXED_SIZE)
_HEADER: Final = re.compile(b"\x68([%b][^\x00]|[%b]\x00)\\1\x68" % (re.escape(_LOW), re.escape(_LOW_ALONE)), re.DOTALL)
"""Both delimiters, two equal lengths that hold C to SEQ, a known protocol."""
_INCOMPLETE: Final = 0
_TRUSTED_SUMS: Final = 4
"""So many wrong checksums are summed up byte by byte; beyond, running sums keep a hostile buffer cheap."""


class NoiseReason(StrEnum):
    """Why bytes are no frame: the first thing that did not hold."""

    NO_START = "no header"
    NO_END = "end byte is not 16"
    BAD_CHECKSUM = "checksum differs"
    TRUNCATED = "truncated"


class FrameReceived(NamedTuple):
    """`raw` runs from the first 68 to the end byte, as received."""

    frame: Frame
    raw: bytes


class NoiseReceived(NamedTuple):
    """Bytes that are no frame. Except for NO_START they begin with the header of the frame that failed."""

    raw: bytes
    reason: NoiseReason


Event = FrameReceived | NoiseReceived


class Connection:
    """One end of a stream, master or terminal: both hear the same bytes."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._noise = _Noise()

    def __repr__(self) -> str:
        return f"<Connection {len(self._buffer)} bytes waiting, {len(self._noise.raw)} of noise>"

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes as they come; the frames (and the noise before them) that are complete now."""
        self._buffer += data
        return self._scan(line_is_idle=False)

    def line_idle(self) -> list[Event]:
        """Silence: what was begun will not be finished. Frames hidden behind a false header come out now."""
        events = self._scan(line_is_idle=True)
        self._noise.flush(events)
        return events

    def _scan(self, *, line_is_idle: bool) -> list[Event]:
        events: list[Event] = []
        buffer, noise, prover = self._buffer, self._noise, _Prover(self._buffer)
        position = search_from = 0
        while header := _HEADER.search(buffer, search_from):
            start = header.start()
            end = prover.frame_end(start)
            if end.__class__ is int and end != _INCOMPLETE:
                noise.add(buffer[position:start], events)
                noise.flush(events)
                raw = bytes(buffer[start:end])
                events.append(FrameReceived(parse(raw), raw))
                position = search_from = start + len(raw)
            elif end == _INCOMPLETE and not line_is_idle:
                break
            else:
                if start >= position + noise.claimed:
                    noise.add(buffer[position:start], events)
                    noise.begin(_reason(end), promised_size(buffer, start), events)
                    position = start
                search_from = start + 1
        keep = header.start() if header else self._possible_start(search_from, line_is_idle=line_is_idle)
        noise.add(buffer[position:keep], events)
        del buffer[:keep]
        return events

    def _possible_start(self, search_from: int, *, line_is_idle: bool) -> int:
        """Where the last few bytes may still become a header."""
        size = len(self._buffer)
        if line_is_idle:
            return size
        start = self._buffer.find(START, max(search_from, size - HEADER_SIZE + 1))
        return size if start < 0 else start


def frame_end(buffer: bytes | bytearray, start: int) -> int | NoiseReason:
    """Where the frame whose first 68 is at `start` ends; 0 while it is incomplete; or why it is none."""
    if not _HEADER.match(buffer, start):
        return NoiseReason.NO_START if len(buffer) >= start + HEADER_SIZE else _INCOMPLETE
    return _Prover(buffer).frame_end(start)


def promised_size(buffer: bytes | bytearray, start: int) -> int:
    """How long the frame whose header is at `start` says it is."""
    return ((buffer[start + 1] | buffer[start + 2] << 8) >> 2) + OVERHEAD


class _Prover:
    """Judges headers of one buffer in time that does not grow with how many of them are false."""

    def __init__(self, buffer: bytes | bytearray) -> None:
        self._buffer = buffer
        self._summed = 0
        self._running: list[int] = []

    def frame_end(self, start: int) -> int | NoiseReason:
        buffer = self._buffer
        end = start + ((buffer[start + 1] | buffer[start + 2] << 8) >> 2) + OVERHEAD  # as promised_size, in line
        if end > len(buffer):
            return _INCOMPLETE
        if buffer[end - 1] != END:
            return NoiseReason.NO_END
        if self._sum(start + HEADER_SIZE, end - 2) & 0xFF != buffer[end - 2]:
            self._summed += 1
            return NoiseReason.BAD_CHECKSUM
        return end

    def _sum(self, first: int, last: int) -> int:
        if self._summed < _TRUSTED_SUMS:
            return sum(self._buffer[first:last])
        if not self._running:
            self._running = [0, *accumulate(self._buffer)]
        return self._running[last] - self._running[first]


class _Noise:
    """Bytes given up, collected until the run of them ends.

    `claimed` counts the bytes to come that the header which failed had promised: a header among them is no new run.
    """

    def __init__(self) -> None:
        self.raw = bytearray()
        self.claimed = 0
        self._reason = NoiseReason.NO_START

    def begin(self, reason: NoiseReason, size: int, events: list[Event]) -> None:
        self.flush(events)
        self._reason = reason
        self.claimed = size

    def add(self, raw: bytes | bytearray, events: list[Event]) -> None:
        self.claimed = max(0, self.claimed - len(raw))
        if len(self.raw) + len(raw) < MAX_NOISE:
            self.raw += raw
            return
        for at in range(0, len(raw), MAX_NOISE):
            self._add(raw[at : at + MAX_NOISE], events)

    def _add(self, raw: bytes | bytearray, events: list[Event]) -> None:
        space = MAX_NOISE - len(self.raw)
        self.raw += raw[:space]
        if len(self.raw) == MAX_NOISE:
            claimed = self.claimed
            self.flush(events)
            self.claimed = claimed
        self.raw += raw[space:]

    def flush(self, events: list[Event]) -> None:
        if self.raw:
            events.append(NoiseReceived(bytes(self.raw), self._reason))
            self.raw.clear()
        self._reason = NoiseReason.NO_START
        self.claimed = 0


def _reason(verdict: int | NoiseReason) -> NoiseReason:
    return verdict if isinstance(verdict, NoiseReason) else NoiseReason.TRUNCATED
