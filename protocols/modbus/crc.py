"""CRC-16 of Modbus RTU: of one frame, or of very many pieces of one buffer in a few steps each.

A CRC is linear: that of two pieces together follows from those of each. So the CRCs of all pieces of 1, 2, 4 ... 128
bytes are made from one another, and any piece of up to 255 bytes is at most eight of them: no byte makes more work.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

CRC_SIZE: Final = 2
START: Final = 0xFFFF
POLYNOMIAL: Final = 0xA001
STEPS: Final = 8  # pieces of 1, 2 ... 128 bytes
Words = NDArray[np.uint16]
Places = NDArray[np.int64]


def _byte_table() -> Words:
    table = np.arange(256, dtype=np.uint16)
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ POLYNOMIAL, table >> 1).astype(np.uint16)
    return table


def _shifts(table: Words) -> list[Words]:
    """What becomes of a state over 1, 2, 4 ... bytes of zero."""
    states = np.arange(0x10000, dtype=np.uint16)
    shifts = [table[states & 0xFF] ^ states >> 8]
    while len(shifts) < STEPS:
        shifts.append(shifts[-1][shifts[-1]])
    return shifts


_TABLE: Final = _byte_table()
_QUICK: Final = tuple(_TABLE.tolist())
_SHIFTS: Final = _shifts(_TABLE)


def crc(body: bytes) -> bytes:
    """The two bytes that follow `body` on the wire."""
    state = START
    for byte in body:
        state = state >> 8 ^ _QUICK[(state ^ byte) & 0xFF]
    return state.to_bytes(CRC_SIZE, "little")


def crcs(raw: NDArray[np.uint8], starts: Places, sizes: Places) -> Words:
    """The CRC of each piece, low byte first on the wire. No piece may have over 255 bytes or leave the buffer."""
    states = np.full(len(starts), START, dtype=np.uint16)
    at, piece = starts.copy(), _TABLE[raw]
    for step, shift in enumerate(_SHIFTS):
        chosen = np.flatnonzero(sizes >> step & 1)
        states[chosen] = shift[states[chosen]] ^ piece[at[chosen]]
        at[chosen] += 1 << step
        if not np.any(sizes >> step + 1):
            break
        piece = shift[piece[: -(1 << step)]] ^ piece[1 << step :]
    return states
