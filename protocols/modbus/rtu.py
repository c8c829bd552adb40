"""Modbus RTU: unit, function, data, CRC-16. Nothing marks the start, so only a right CRC makes a frame."""

from __future__ import annotations

from typing import Final

import numpy as np

from protocols.errors import LocalProtocolError
from protocols.modbus.crc import CRC_SIZE, crcs
from protocols.modbus.crc import crc as crc  # part of what RTU is to others
from protocols.modbus.frame import LARGEST_UNIT, Frame, Role
from protocols.modbus.framing import BAD_CRC, INCOMPLETE, NO_START, TOO_LONG, Endings
from protocols.modbus.message_size import HEARD_BY, Sizes

MAX_SIZE: Final = 256
MIN_SIZE: Final = 4
_tuple = tuple.__new__  # builds a named tuple in half the time of its own constructor


def parse(raw: bytes) -> Frame:
    """The frame of bytes whose CRC is right."""
    return _tuple(Frame, (raw[0], raw[1], raw[2:-2], 0))


class Rtu:
    """RTU as one role hears it. Broadcasts (unit 0) are requests only."""

    def __init__(self, role: Role) -> None:
        self._sizes = HEARD_BY[role]
        self._lowest_unit = 1 if role is Role.MASTER else 0

    def frame_end(self, buffer: bytes | bytearray, start: int) -> int:
        """See Framing."""
        return frame_end(buffer, start, sizes=self._sizes, lowest_unit=self._lowest_unit)

    def frame_ends(self, buffer: bytes) -> Endings:
        """See Framing."""
        return frame_ends(buffer, sizes=self._sizes, lowest_unit=self._lowest_unit)

    parse = staticmethod(parse)

    def encode(self, frame: Frame) -> bytes:
        """See Framing."""
        return encode(frame)


def frame_end(buffer: bytes | bytearray, start: int, *, sizes: Sizes, lowest_unit: int) -> int:
    """See Framing; for messages of these sizes."""
    if not lowest_unit <= buffer[start] <= LARGEST_UNIT:
        return NO_START
    size = sizes.size(buffer, start, len(buffer))
    if size <= 0:
        return size  # unknown is no start
    end = start + size + CRC_SIZE
    if size + CRC_SIZE > MAX_SIZE:
        return TOO_LONG
    if end > len(buffer):
        return INCOMPLETE
    return end if crc(bytes(buffer[start : end - CRC_SIZE])) == buffer[end - CRC_SIZE : end] else BAD_CRC


def frame_ends(buffer: bytes, *, sizes: Sizes, lowest_unit: int) -> Endings:
    """See Framing; for messages of these sizes."""
    raw = np.frombuffer(buffer, dtype=np.uint8)
    endings = np.full(len(raw), NO_START)
    is_unit = (raw >= lowest_unit) & (raw <= LARGEST_UNIT)
    is_unit[:-1] &= sizes.is_known[raw[1:]]
    starts = np.flatnonzero(is_unit)
    told = sizes.sizes(raw, starts, np.full(len(starts), len(raw)))
    ends = starts + told + CRC_SIZE
    found = np.where(told > 0, ends, told)
    found[(told > 0) & (ends > len(raw))] = INCOMPLETE
    found[told + CRC_SIZE > MAX_SIZE] = TOO_LONG
    whole = np.flatnonzero(found > 0)
    tail = ends[whole] - CRC_SIZE
    sent = raw[tail] | raw[tail + 1].astype(np.uint16) << 8
    found[whole[crcs(raw, starts[whole], told[whole]) != sent]] = BAD_CRC
    endings[starts] = found
    return endings


def encode(frame: Frame) -> bytes:
    """The bytes of a frame with its CRC."""
    body = bytes((frame.unit, frame.function)) + frame.data
    if len(body) + CRC_SIZE > MAX_SIZE:
        raise LocalProtocolError(f"{len(body)} bytes before the CRC, RTU carries at most {MAX_SIZE - CRC_SIZE}")
    return body + crc(body)
