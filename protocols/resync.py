"""A receiver that finds its way back: bytes in, frames and noise out, for protocols whose start byte may be data too.

The protocol states what a frame is (`Framing`); the waiting, the search and the noise are here. The events do not
depend on how the bytes were cut. A failure costs one byte, not the buffer. Headers are judged one by one, as on an
honest line nearly all are true; after a few false ones all places left are judged at once, in steps whose number no
byte can change. No I/O, no clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

MAX_NOISE: Final = 1024
"""A noise event carries at most this many bytes, so a chattering line cannot fill the memory."""
PATIENCE: Final = 8
"""So many false headers of one call are judged one by one."""
MANY: Final = 32
"""So many frames of one call are found one by one."""

INCOMPLETE: Final = 0
NO_START: Final = -1
CUT_HEADER: Final = -2
"""An ending is a number: where the frame ends; INCOMPLETE when only its header is there, CUT_HEADER when not even
that; NO_START where nothing begins; below these a reason of the protocol why a header is false."""

_OPEN: Final = (INCOMPLETE, CUT_HEADER)

Event = TypeVar("Event")
Buffer = bytes | bytearray
Endings = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Framing(Generic[Event]):
    """What a protocol states of its frames."""

    next_start: Callable[[Buffer, int], int]
    """The next place that may begin a frame, from this one on; below zero when there is none."""
    frame_end: Callable[[Buffer, int], int]
    """The ending at such a place."""
    frame_ends: Callable[[bytes], Endings]
    """The endings at all places."""
    promised_size: Callable[[Buffer, int], int]
    """How many bytes must have come before an incomplete frame can be judged."""
    claim: Callable[[Buffer, int], int]
    """Among so many bytes from a false header on, at least 1, another false header is part of the same noise."""
    heard: Callable[[bytes], Event]
    """The event of a proved frame."""
    noise: Callable[[bytes, int], Event]
    """The event of bytes that are none, and the ending that says why."""
    preamble: bytes = b""
    """Wake-up bytes, that are not part of the noise when they lie around it."""
    lone_cut_header: int = NO_START
    """What is said of noise that begins with a header cut by silence."""


class Receiver(Generic[Event]):
    """One end of a line: all who listen hear the same bytes."""

    def __init__(self, framing: Framing[Event]) -> None:
        self._framing = framing
        self._buffer = bytearray()
        self._wanted = 0  # while fewer bytes wait, nothing new can be said
        self._noise = b""
        self._reason = NO_START
        self._claimed = 0  # bytes to come that belong to the false header before
        self._is_clear = True  # nothing waits and no noise is held

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {len(self._buffer)} bytes waiting, {len(self._noise)} of noise>"

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes as they come; the frames (and the noise before them) that are complete now."""
        self._buffer += data
        if len(self._buffer) < self._wanted:
            return []
        return self._scan(line_is_idle=False)

    def line_idle(self) -> list[Event]:
        """Silence: what was begun will not be finished. Frames hidden behind a false header come out now."""
        if self._is_clear:
            return []
        events = self._scan(line_is_idle=True)
        self._flush(events)
        self._is_clear = True
        return events

    def _scan(self, *, line_is_idle: bool) -> list[Event]:
        events: list[Event] = []
        buffer, framing = self._buffer, self._framing
        position = self._wanted = false_headers = frames = 0
        while (start := framing.next_start(buffer, position)) >= 0:
            end = framing.frame_end(buffer, start)
            if end > 0:
                self._end_noise(buffer[position:start], events)
                events.append(framing.heard(bytes(buffer[start:end])))
                frames += 1
                position = end if frames != MANY else self._scan_all(end, events, line_is_idle=line_is_idle)
                continue
            if end in _OPEN and not line_is_idle:
                self._wanted = framing.promised_size(buffer, start) if end == INCOMPLETE else 0
                break
            if false_headers == PATIENCE:
                position = self._scan_all(position, events, line_is_idle=line_is_idle)
            else:
                self._give_up(buffer[position:start], events)
                self._begin_noise(start, end, events)
                self._give_up(buffer[start : start + 1], events)
                position = start + 1
            false_headers += 1
        kept = start if start >= 0 else len(buffer)
        self._give_up(buffer[position:kept], events)
        del buffer[:kept]
        self._is_clear = not (buffer or self._noise)
        return events

    def _begin_noise(self, start: int, end: int, events: list[Event]) -> None:
        if end == CUT_HEADER:
            if not self._noise:
                self._reason = self._framing.lone_cut_header
        elif end != NO_START and not self._claimed:
            self._flush(events)
            self._reason, self._claimed = end, self._framing.claim(self._buffer, start)

    def _scan_all(self, position: int, events: list[Event], *, line_is_idle: bool) -> int:
        """The same for all places from here on; stops before what must wait and before a cut header."""
        buffer = bytes(self._buffer[position:])
        endings = self._framing.frame_ends(buffer)
        is_open = endings == CUT_HEADER
        if not line_is_idle:
            is_open |= endings == INCOMPLETE
        judged = _Judged.of(buffer, endings, ~is_open & (endings <= 0) & (endings != NO_START))
        stops = np.flatnonzero(is_open | (endings > 0))
        done = 0
        for place, end in zip(stops.tolist(), endings[stops].tolist(), strict=True):
            if place < done:
                continue  # inside the frame before
            if end > 0 and self._holds_nothing and judged.is_plain(done, place):
                if raw := buffer[done:place].strip(self._framing.preamble):  # the quick way, where frames are many
                    events.append(self._framing.noise(raw, NO_START))
            elif place > done:
                self._give_up_run(judged, range(done, place), events)
            if end <= 0:
                return position + int(place)
            self._end_noise(b"", events)
            events.append(self._framing.heard(buffer[place:end]))
            done = end
        self._give_up_run(judged, range(done, len(buffer)), events)
        return position + len(buffer)

    def _give_up_run(self, judged: _Judged, run: range, events: list[Event]) -> None:
        """Noise in which the false headers are known."""
        buffer, false, reasons = judged
        noise, claim, preamble = self._framing.noise, self._framing.claim, self._framing.preamble
        start, stop, claimed, reason = run.start, run.stop, self._claimed, self._reason
        while (header := false.find(1, start + claimed, stop)) >= 0:
            if self._noise or header - start >= MAX_NOISE:
                self._end_noise(buffer[start:header], events)
            elif raw := buffer[start:header].strip(preamble):
                events.append(noise(raw, reason))
            start, claimed, reason = header, claim(buffer, header), -reasons[header]
            self._reason = reason
        self._claimed = claimed
        self._give_up(buffer[start:stop], events)

    def _give_up(self, raw: Buffer, events: list[Event]) -> None:
        """Add to the noise; a full piece of it goes out."""
        self._claimed = max(0, self._claimed - len(raw))
        preamble = self._framing.preamble
        held = self._noise + raw if self._noise else bytes(raw).lstrip(preamble)
        start = 0
        while len(held) - start >= MAX_NOISE:
            piece = held[start : start + MAX_NOISE]
            wake_up = MAX_NOISE - len(piece.lstrip(preamble))
            if not wake_up:
                events.append(self._framing.noise(piece.rstrip(preamble), self._reason))
                self._reason = NO_START
            start += wake_up or MAX_NOISE
        self._noise = held[start:].lstrip(preamble) if start else held

    def _end_noise(self, raw: Buffer, events: list[Event]) -> None:
        """A frame comes: with these bytes the noise before it, if any, is over."""
        if raw:
            self._give_up(raw, events)
        if self._noise or self._claimed:
            self._flush(events)

    @property
    def _holds_nothing(self) -> bool:
        return not (self._noise or self._claimed) and self._reason == NO_START

    def _flush(self, events: list[Event]) -> None:
        if self._noise:
            events.append(self._framing.noise(self._noise.rstrip(self._framing.preamble), self._reason))
            self._noise = b""
        self._reason = NO_START
        self._claimed = 0


def running_sums(raw: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The sums modulo 256 of the bytes before each place, and of all: those of any stretch are their differences."""
    return np.concatenate((np.zeros(1, dtype=np.uint8), np.cumsum(raw, dtype=np.uint8)))


class _Judged(NamedTuple):
    """A buffer with a 1 where each false header begins, and the reasons without their sign."""

    buffer: bytes
    false: bytes
    reasons: bytes

    def is_plain(self, start: int, stop: int) -> bool:
        """Noise that one event holds, and in which no header begins."""
        return stop - start < MAX_NOISE and self.false.find(1, start, stop) < 0

    @classmethod
    def of(cls, buffer: bytes, endings: Endings, is_false: NDArray[np.bool_]) -> _Judged:
        return cls(buffer, is_false.tobytes(), (-endings).astype(np.uint8).tobytes())
