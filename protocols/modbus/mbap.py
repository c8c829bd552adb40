"""Modbus over TCP: transaction, protocol 0, length, unit, then function and data. No checksum: TCP has its own."""

from __future__ import annotations

from typing import Final

import numpy as np

from protocols.errors import LocalProtocolError
from protocols.modbus.frame import Frame, Role
from protocols.modbus.framing import INCOMPLETE, NO_START, TOO_LONG, WRONG_LENGTH, Endings
from protocols.modbus.message_size import HEARD_BY, UNKNOWN

HEADER_SIZE: Final = 6  # the length counts from the unit on
MAX_LENGTH: Final = 254
_tuple = tuple.__new__  # builds a named tuple in half the time of its own constructor


class Mbap:
    """MBAP as one role hears it. A meter also takes functions nobody knows, in order to refuse them."""

    def __init__(self, role: Role) -> None:
        self._sizes = HEARD_BY[role]
        self._takes_unknown = role is Role.METER

    def frame_end(self, buffer: bytes | bytearray, start: int) -> int:
        """See Framing."""
        if any(buffer[start + 2 : start + 4]):
            return NO_START
        body = start + HEADER_SIZE
        if len(buffer) < body:
            return INCOMPLETE
        length = buffer[start + 4] << 8 | buffer[start + 5]
        if length > MAX_LENGTH:
            return TOO_LONG
        if length < 2:
            return WRONG_LENGTH
        end = body + length
        if len(buffer) < end:
            return INCOMPLETE
        size = self._sizes.size(buffer, body, end)
        if size == length or (size == UNKNOWN and self._takes_unknown):
            return end
        return NO_START if size == UNKNOWN else WRONG_LENGTH

    def frame_ends(self, buffer: bytes) -> Endings:
        """See Framing."""
        count = len(buffer)
        raw = np.frombuffer(buffer + bytes(HEADER_SIZE), dtype=np.uint8)
        starts = np.arange(count)
        body = starts + HEADER_SIZE
        length = raw[4:-2].astype(np.int64) << 8 | raw[5:-1]
        ends = body + length
        sizes = self._sizes.sizes(raw, body, np.minimum(ends, count))
        found = np.where((sizes == length) | ((sizes == UNKNOWN) & self._takes_unknown), ends, WRONG_LENGTH)
        found[(sizes == UNKNOWN) & (not self._takes_unknown)] = NO_START
        found[ends > count] = INCOMPLETE
        found[length < 2] = WRONG_LENGTH
        found[length > MAX_LENGTH] = TOO_LONG
        found[body > count] = INCOMPLETE
        found[(raw[2:-4] | raw[3:-3]) != 0] = NO_START
        return found

    def parse(self, raw: bytes) -> Frame:
        """See Framing."""
        return _tuple(Frame, (raw[6], raw[7], raw[8:], raw[0] << 8 | raw[1]))

    def encode(self, frame: Frame) -> bytes:
        """See Framing."""
        length = len(frame.data) + 2
        if length > MAX_LENGTH:
            raise LocalProtocolError(f"{length - 1} bytes of function and data, MBAP carries {MAX_LENGTH - 1}")
        return b"%b\0\0%b%c%c%b" % (
            frame.transaction.to_bytes(2, "big"),
            length.to_bytes(2, "big"),
            frame.unit,
            frame.function,
            frame.data,
        )
