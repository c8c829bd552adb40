"""Modbus link layer: bytes in, events out. No I/O, no clock, no meter knowledge.

pymodbus's own framers lose frames: RTU drops the whole buffer after one bad CRC, MBAP never finds back after a wrong
protocol identifier. Here a failure costs one byte, and the events do not depend on how the bytes were cut: noise is
held back until a frame or silence ends it.
"""

from dataclasses import dataclass
from typing import Final

from protocols.modbus.frame import Frame
from protocols.modbus.framing import INCOMPLETE, Framing, NoiseReason

MAX_NOISE: Final = 1024
"""A noise event carries at most this many bytes, so a chattering line cannot fill the memory."""


@dataclass(frozen=True, slots=True)
class FrameReceived:
    """`raw` is the whole frame as received."""

    frame: Frame
    raw: bytes


@dataclass(frozen=True, slots=True)
class NoiseReceived:
    """Bytes that are no frame; `reason` is the most telling one of the run."""

    raw: bytes
    reason: NoiseReason


Event = FrameReceived | NoiseReceived


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
        self._buffer += data
        return self._scan(line_is_idle=False)

    def line_idle(self) -> list[Event]:
        """Silence: what was begun will not be finished. Frames hidden behind a false header come out now."""
        events = self._scan(line_is_idle=True)
        self._flush(events)
        return events

    def _scan(self, *, line_is_idle: bool) -> list[Event]:
        events: list[Event] = []
        position = 0
        while position < len(self._buffer):
            end = self._framing.frame_end(self._buffer, position)
            if end == INCOMPLETE and not line_is_idle:
                break
            if isinstance(end, int) and end != INCOMPLETE:
                self._flush(events)
                raw = bytes(self._buffer[position:end])
                events.append(FrameReceived(self._framing.parse(raw), raw))
                position = end
            else:
                reason = end if isinstance(end, NoiseReason) else NoiseReason.TRUNCATED
                self._drop(self._buffer[position], reason, events)
                position += 1
        del self._buffer[:position]
        return events

    def _drop(self, byte: int, reason: NoiseReason, events: list[Event]) -> None:
        if self._reason is NoiseReason.NO_START:
            self._reason = reason
        self._noise.append(byte)
        if len(self._noise) == MAX_NOISE:
            self._flush(events)

    def _flush(self, events: list[Event]) -> None:
        if self._noise:
            events.append(NoiseReceived(bytes(self._noise), self._reason))
            self._noise.clear()
        self._reason = NoiseReason.NO_START
