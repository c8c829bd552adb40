"""The oracle: how the DL/T 645 receiver was first written, one header after the other, with no care for time.

Kept as it was, so that the quick receiver can be held against it byte for byte.
"""

from typing import Final

from protocols.dlt645.connection import MAX_NOISE, Event, FrameReceived, NoiseReason, NoiseReceived
from protocols.dlt645.frame import END, HEADER_SIZE, MAX_READ_DATA, OVERHEAD, START, checksum, parse

_PREAMBLE: Final = b"\xfe"
_INCOMPLETE: Final = 0
_SECOND_START: Final = 7
_LENGTH: Final = HEADER_SIZE - 1


class Connection:
    """One end of a line, master or meter: both hear the same bytes."""

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
        buffer = self._buffer
        position = 0
        while (start := buffer.find(START, position)) >= 0:
            if start > position:
                self._noise.add(buffer[position:start], events)
            end = frame_end(buffer, start)
            if end == _INCOMPLETE and not line_is_idle:
                position = start
                break
            if isinstance(end, int) and end != _INCOMPLETE:
                self._noise.flush(events)
                raw = bytes(buffer[start:end])
                events.append(FrameReceived(parse(raw), raw))
                position = end
            else:
                self._drop_start(start, end, events)
                position = start + 1
        else:
            self._noise.add(buffer[position:], events)
            position = len(buffer)
        del buffer[:position]
        return events

    def _drop_start(self, start: int, verdict: "int | NoiseReason", events: list[Event]) -> None:
        reason = verdict if isinstance(verdict, NoiseReason) else NoiseReason.TRUNCATED
        has_both_delimiters = len(self._buffer) > start + _SECOND_START
        if reason is not NoiseReason.NO_START and (has_both_delimiters or not self._noise.raw):
            self._noise.begin_frame(reason, events)
        self._noise.add_start(events)


def frame_end(buffer: bytes | bytearray, start: int) -> int | NoiseReason:
    """Where the frame whose first 68 is at `start` ends; 0 while it is incomplete; or why it is none."""
    size = len(buffer)
    if size <= start + _SECOND_START:
        return _INCOMPLETE
    if buffer[start + _SECOND_START] != START:
        return NoiseReason.NO_START
    if size < start + HEADER_SIZE:
        return _INCOMPLETE
    length = buffer[start + _LENGTH]
    if length > MAX_READ_DATA:
        return NoiseReason.TOO_LONG
    end = start + OVERHEAD + length
    if size < end:
        return _INCOMPLETE
    if buffer[end - 1] != END:
        return NoiseReason.NO_END
    if checksum(buffer[start : end - 2]) != buffer[end - 2]:
        return NoiseReason.BAD_CHECKSUM
    return end


class _Noise:
    """Bytes given up, collected until the run of them ends. Wake-up bytes around a run are not part of it."""

    def __init__(self) -> None:
        self.raw = bytearray()
        self._reason = NoiseReason.NO_START

    def begin_frame(self, reason: NoiseReason, events: list[Event]) -> None:
        """A broken frame begins; one that would begin inside the shortest frame is part of the broken one before."""
        if self._reason is NoiseReason.NO_START or len(self.raw) >= OVERHEAD:
            self.flush(events)
            self._reason = reason

    def add(self, raw: bytes | bytearray, events: list[Event]) -> None:
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

    def add_start(self, events: list[Event]) -> None:
        """The one byte that a failed frame costs."""
        self.raw.append(START)
        if len(self.raw) == MAX_NOISE:
            self.flush(events)

    def flush(self, events: list[Event]) -> None:
        if self.raw:
            events.append(NoiseReceived(bytes(self.raw.rstrip(_PREAMBLE)), self._reason))
            self.raw.clear()
        self._reason = NoiseReason.NO_START
