"""The oracle: how the DL/T 698.45 receiver was first written, one header after the other, with no care for time.

Kept as it was, so that the quick receiver can be held against it byte for byte.
"""

import re
from typing import Final

from protocols.dlt698 import fcs
from protocols.dlt698.connection import MAX_NOISE, Event, FrameReceived, NoiseReason, NoiseReceived
from protocols.dlt698.frame import END, FIXED_HEADER, MAX_LENGTH, OVERHEAD, SHORTEST_HEADER, header_size, parse

_PREAMBLE: Final = b"\xfe"
_INCOMPLETE: Final = 0
_MAYBE_A_FRAME: Final = re.compile(rb"\x68(?!.[\x40-\xff])", re.DOTALL)
"""A 68 that may begin a frame: the length behind it, where it has come, is one that a frame may have."""


class Connection:
    """One end of a line, client or server: both hear the same bytes."""

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
        buffer = bytes(self._buffer)
        done = 0  # bytes given out, as frames or as noise
        position = 0
        while (found := _MAYBE_A_FRAME.search(buffer, position)) is not None:
            start = found.start()
            end = frame_end(buffer, start)
            if end == _INCOMPLETE and not line_is_idle:
                break
            if isinstance(end, int) and end != _INCOMPLETE:
                self._noise.add(buffer[done:start], events)
                self._noise.flush(events)
                raw = buffer[start:end]
                events.append(FrameReceived(parse(raw), raw))
                done = position = end
            else:
                reason = end if isinstance(end, NoiseReason) else _why_unfinished(buffer, start)
                if reason is not NoiseReason.NO_HEADER:
                    self._noise.add(buffer[done:start], events)
                    self._noise.begin(reason, events)
                    done = start
                position = start + 1
        kept = len(buffer) if found is None else found.start()
        self._noise.add(buffer[done:kept], events)
        del self._buffer[:kept]
        return events


def frame_end(buffer: bytes, start: int) -> int | NoiseReason:
    """Where the frame whose 68 is at `start` ends; 0 while it is incomplete; or why it is none."""
    size = len(buffer)
    if size < start + FIXED_HEADER:
        return _INCOMPLETE
    header_end = start + SHORTEST_HEADER + (buffer[start + 4] & 0x0F)
    length = buffer[start + 1] | buffer[start + 2] << 8
    end = start + length + OVERHEAD
    if length > MAX_LENGTH or end < header_end + 1 + fcs.SIZE + 1:
        return NoiseReason.NO_HEADER
    if size < header_end:
        return _INCOMPLETE
    if not fcs.holds(buffer[start + 1 : header_end]):
        return NoiseReason.NO_HEADER
    if size < end:
        return _INCOMPLETE
    if buffer[end - 1] != END:
        return NoiseReason.NO_END
    return end if fcs.holds(buffer[start + 1 : end - 1]) else NoiseReason.BAD_FCS


def _why_unfinished(buffer: bytes, start: int) -> NoiseReason:
    has_header = len(buffer) >= start + FIXED_HEADER and len(buffer) >= start + header_size(buffer[start + 4])
    return NoiseReason.TRUNCATED if has_header else NoiseReason.NO_HEADER


class _Noise:
    """Bytes given up, collected until the run of them ends. Wake-up bytes around a run are not part of it."""

    def __init__(self) -> None:
        self.raw = bytearray()
        self._reason = NoiseReason.NO_HEADER

    def begin(self, reason: NoiseReason, events: list[Event]) -> None:
        self.flush(events)
        self._reason = reason

    def add(self, raw: bytes, events: list[Event]) -> None:
        while True:
            if not self.raw:
                raw = raw.lstrip(_PREAMBLE)
            if not raw:
                return
            space = MAX_NOISE - len(self.raw)
            self.raw += raw[:space]
            raw = raw[space:]
            if len(self.raw) == MAX_NOISE:
                self.flush(events)

    def flush(self, events: list[Event]) -> None:
        if self.raw:
            events.append(NoiseReceived(bytes(self.raw.rstrip(_PREAMBLE)), self._reason))
            self.raw.clear()
        self._reason = NoiseReason.NO_HEADER
