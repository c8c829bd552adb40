"""The oracle: how the Q/GDW 376.1 receiver was first written, one header after the other, with no care for time.

Kept as it was, so that the quick receiver can be held against it byte for byte.
"""

import re
from typing import Final

from protocols.gdw1376.connection import MAX_NOISE, Event, FrameReceived, NoiseReason, NoiseReceived
from protocols.gdw1376.frame import END, FIXED_SIZE, HEADER_SIZE, OVERHEAD, START, parse

_LOW: Final = bytes(low for low in range(256) if low & 3 in (1, 2))
_LOW_ALONE: Final = bytes(low for low in _LOW if low >> 2 >= FIXED_SIZE)
_HEADER: Final = re.compile(b"\x68([%b][^\x00]|[%b]\x00)\\1\x68" % (re.escape(_LOW), re.escape(_LOW_ALONE)), re.DOTALL)
"""Both delimiters, two equal lengths that hold C to SEQ, a known protocol."""
_INCOMPLETE: Final = 0


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
        buffer, noise = self._buffer, self._noise
        position = search_from = 0
        while header := _HEADER.search(buffer, search_from):
            start = header.start()
            end = _judge(buffer, start)
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


def _judge(buffer: bytes | bytearray, start: int) -> int | NoiseReason:
    end = start + promised_size(buffer, start)
    if end > len(buffer):
        return _INCOMPLETE
    if buffer[end - 1] != END:
        return NoiseReason.NO_END
    return end if sum(buffer[start + HEADER_SIZE : end - 2]) & 0xFF == buffer[end - 2] else NoiseReason.BAD_CHECKSUM


def promised_size(buffer: bytes | bytearray, start: int) -> int:
    return ((buffer[start + 1] | buffer[start + 2] << 8) >> 2) + OVERHEAD


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
