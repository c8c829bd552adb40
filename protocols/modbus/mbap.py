"""Modbus over TCP: transaction, protocol 0, length, unit, then function and data. No checksum: TCP has its own."""

from typing import Final

from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU

from protocols.errors import LocalProtocolError
from protocols.modbus.frame import Frame, Role
from protocols.modbus.framing import INCOMPLETE, NoiseReason
from protocols.modbus.pdu_size import believed_size

HEADER_SIZE: Final = 6  # the length counts from the unit on
MAX_LENGTH: Final = 254
_FRAMER: Final = FramerSocket(DecodePDU(is_server=False))


class Mbap:
    """MBAP as one role hears it. A meter also takes functions nobody knows, in order to refuse them."""

    def __init__(self, role: Role) -> None:
        self._role = role

    def frame_end(self, buffer: bytes | bytearray, start: int) -> int | NoiseReason:
        """See Framing."""
        if any(buffer[start + 2 : start + 4]):
            return NoiseReason.NO_START
        if len(buffer) < start + HEADER_SIZE:
            return INCOMPLETE
        length = int.from_bytes(buffer[start + 4 : start + HEADER_SIZE], "big")
        if length > MAX_LENGTH:
            return NoiseReason.TOO_LONG
        if length < 2:
            return NoiseReason.WRONG_LENGTH
        end = start + HEADER_SIZE + length
        if len(buffer) < end:
            return INCOMPLETE
        expected = believed_size(self._role, bytes(buffer[start + HEADER_SIZE : end]))
        if expected is None:
            return end if self._role is Role.METER else NoiseReason.NO_START
        return end if expected == length else NoiseReason.WRONG_LENGTH

    def parse(self, raw: bytes) -> Frame:
        """See Framing."""
        return Frame(raw[6], raw[7], raw[8:], int.from_bytes(raw[:2], "big"))

    def encode(self, frame: Frame) -> bytes:
        """See Framing."""
        payload = bytes((frame.function,)) + frame.data
        if len(payload) + 1 > MAX_LENGTH:
            raise LocalProtocolError(f"{len(payload)} bytes of function and data, MBAP carries {MAX_LENGTH - 1}")
        return _FRAMER.encode(payload, frame.unit, frame.transaction)
