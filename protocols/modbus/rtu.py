"""Modbus RTU: unit, function, data, CRC-16. Nothing marks the start, so only a right CRC makes a frame."""

from typing import Final

from pymodbus.framer import FramerRTU

from protocols.errors import LocalProtocolError
from protocols.modbus.frame import LARGEST_UNIT, Frame, Role
from protocols.modbus.framing import INCOMPLETE, NoiseReason
from protocols.modbus.pdu_size import CRC_SIZE, believed_size

MAX_SIZE: Final = 256
MIN_SIZE: Final = 4
_ENOUGH_TO_TELL: Final = 16


class Rtu:
    """RTU as one role hears it. Broadcasts (unit 0) are requests only."""

    def __init__(self, role: Role) -> None:
        self._role = role
        self._lowest_unit = 1 if role is Role.MASTER else 0

    def frame_end(self, buffer: bytes | bytearray, start: int) -> int | NoiseReason:
        """See Framing."""
        if not self._lowest_unit <= buffer[start] <= LARGEST_UNIT:
            return NoiseReason.NO_START
        size = believed_size(self._role, bytes(buffer[start : start + _ENOUGH_TO_TELL]))
        if size is None:
            return NoiseReason.NO_START
        if size == INCOMPLETE:
            return INCOMPLETE
        end = start + size + CRC_SIZE
        if end - start > MAX_SIZE:
            return NoiseReason.TOO_LONG
        if end > len(buffer):
            return INCOMPLETE
        return (
            end if crc(bytes(buffer[start : end - CRC_SIZE])) == buffer[end - CRC_SIZE : end] else NoiseReason.BAD_CRC
        )

    def parse(self, raw: bytes) -> Frame:
        """See Framing."""
        return parse(raw)

    def encode(self, frame: Frame) -> bytes:
        """See Framing."""
        return encode(frame)


def parse(raw: bytes) -> Frame:
    """The frame of bytes whose CRC is right."""
    return Frame(raw[0], raw[1], raw[2:-CRC_SIZE])


def encode(frame: Frame) -> bytes:
    """The bytes of a frame with its CRC."""
    body = bytes((frame.unit, frame.function)) + frame.data
    if len(body) + CRC_SIZE > MAX_SIZE:
        raise LocalProtocolError(f"{len(body)} bytes before the CRC, RTU carries at most {MAX_SIZE - CRC_SIZE}")
    return body + crc(body)


def crc(body: bytes) -> bytes:
    """The two bytes that follow `body` on the wire."""
    return FramerRTU.compute_CRC(body).to_bytes(CRC_SIZE, "big")
