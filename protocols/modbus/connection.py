"""Modbus link layer: bytes in, events out. No I/O, no clock, no meter knowledge.

pymodbus's own framers lose frames: RTU drops the whole buffer after one bad CRC, MBAP never finds back after a wrong
protocol identifier. Here a failure costs one byte, and the events do not depend on how the bytes were cut: noise is
held back until a frame or silence ends it.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Final, NamedTuple

import numpy as np

from protocols.modbus.frame import Frame
from protocols.modbus.framing import INCOMPLETE, NO_START, REASONS, Endings, Framing, NoiseReason

MAX_NOISE: Final = 1024
"""A noise event carries at most this many bytes, so a chattering line cannot fill the memory."""
LONG: Final = 300
"""Longer than any frame: a buffer of more bytes holds several frames, or noise."""


class FrameReceived(NamedTuple):
    """`raw` is the whole frame as received."""

    frame: Frame
    raw: bytes


class NoiseReceived(NamedTuple):
    """Bytes that are no frame; `reason` is the most telling one of the run."""

    raw: bytes
    reason: NoiseReason


Event = FrameReceived | NoiseReceived
_new: Final = tuple.__new__


class Connection:
    """One end of a line in one framing."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._buffer = bytearray()
        self._noise = bytearray()
        self._reason = NoiseReason.NO_START

    def __repr__(self) -> str:
        return f"<Connection {len(self._buffer)} bytes waiting, {len(self._noise)} of noise>"

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes as they come; the frames (and the noise before them) that are complete now."""
        is_fresh = not self._buffer and not self._noise and 0 < len(data) <= LONG
        if is_fresh and self._framing.frame_end(data, 0) == len(data):  # one whole frame, as nearly always
            return [_new(FrameReceived, (self._framing.parse(data), data))]
        self._buffer += data
        return self._scan(line_is_idle=False)

    def line_idle(self) -> list[Event]:
        """Silence: what was begun will not be finished. Frames hidden behind a false header come out now."""
        if not self._buffer and not self._noise:
            return []
        events = self._scan(line_is_idle=True)
        self._flush(events)
        return events

    def _scan(self, *, line_is_idle: bool) -> list[Event]:
        events: list[Event] = []
        if len(self._buffer) > LONG:
            position = self._scan_long(events, line_is_idle=line_is_idle)
        else:
            position = self._scan_short(events, line_is_idle=line_is_idle)
        del self._buffer[:position]
        return events

    def _scan_short(self, events: list[Event], *, line_is_idle: bool) -> int:
        """Place after place, as most buffers are one frame."""
        buffer, position = self._buffer, 0
        while position < len(buffer):
            end = self._framing.frame_end(buffer, position)
            if end > 0:
                self._flush(events)
                raw = bytes(buffer[position:end])
                events.append(FrameReceived(self._framing.parse(raw), raw))
                position = end
            elif end == INCOMPLETE and not line_is_idle:
                break
            else:
                self._drop(bytes(buffer[position : position + 1]), REASONS[end], events)
                position += 1
        return position

    def _scan_long(self, events: list[Event], *, line_is_idle: bool) -> int:
        """The same for many places at once: the work is bounded whatever the bytes are."""
        buffer, parse, heard = bytes(self._buffer), self._framing.parse, events.append
        endings = self._framing.frame_ends(buffer)
        noise = _Noise(endings)
        places = np.flatnonzero(endings > 0 if line_is_idle else endings >= 0)
        position = 0
        for place, end in zip(places.tolist(), endings[places].tolist(), strict=True):
            if place < position:
                continue  # inside the frame before
            if end == INCOMPLETE:
                self._drop_run(buffer, range(position, place), noise, events)
                return int(place)
            if place > position and not self._noise and place - position < MAX_NOISE:
                heard(_new(NoiseReceived, (buffer[position:place], noise.reason(position, place))))
            elif place > position or self._noise:
                self._drop_run(buffer, range(position, place), noise, events)
                self._flush(events)
            raw = buffer[place:end]
            heard(_new(FrameReceived, (parse(raw), raw)))
            position = end
        self._drop_run(buffer, range(position, len(buffer)), noise, events)
        return len(buffer)

    def _drop_run(self, buffer: bytes, run: range, noise: _Noise, events: list[Event]) -> None:
        start, stop = run.start, run.stop
        while start < stop:
            room = start + MAX_NOISE - len(self._noise)
            until = room if room < stop else stop
            self._drop(buffer[start:until], noise.reason(start, until), events)
            start = until

    def _drop(self, raw: bytes, reason: NoiseReason, events: list[Event]) -> None:
        if self._reason is NoiseReason.NO_START:
            self._reason = reason
        self._noise += raw
        if len(self._noise) == MAX_NOISE:
            self._flush(events)

    def _flush(self, events: list[Event]) -> None:
        if self._noise:
            events.append(_new(NoiseReceived, (bytes(self._noise), self._reason)))
            self._noise.clear()
        self._reason = NoiseReason.NO_START


class _Noise:
    """The most telling reason of a piece of noise: the first that is not merely a missing header."""

    def __init__(self, endings: Endings) -> None:
        places = np.flatnonzero((endings <= 0) & (endings != NO_START))
        self._places, self._endings = [*places.tolist(), len(endings)], endings[places].tolist()

    def reason(self, start: int, stop: int) -> NoiseReason:
        """For the bytes from `start` to before `stop`."""
        first = bisect_left(self._places, start)
        return REASONS[self._endings[first]] if self._places[first] < stop else NoiseReason.NO_START
