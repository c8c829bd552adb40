"""The frame check sequence of PPP (FCS-16), that DL/T 698.45 uses twice: over the header and over the frame.

The C routine of the standard library computes the same polynomial from the other end, so the bits of each byte are
mirrored on the way in and out.
"""

from binascii import crc_hqx
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

SIZE: Final = 2
_INITIAL: Final = 0xFFFF
_RESIDUE: Final = 0x1D0F  # what remains when the checked bytes and their check sequence are summed together
_MIRRORED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
Registers = NDArray[np.uint16]
Places = NDArray[np.int64]


def check_sequence(covered: bytes) -> bytes:
    """The two bytes that follow `covered` on the wire, low byte first."""
    mirrored = crc_hqx(covered.translate(_MIRRORED), _INITIAL) ^ 0xFFFF
    return mirrored.to_bytes(SIZE, "big").translate(_MIRRORED)


def holds(checked: bytes | bytearray) -> bool:
    """Whether the last two of these bytes are the check sequence of those before."""
    return crc_hqx(checked.translate(_MIRRORED), _INITIAL) == _RESIDUE


class RunningSums:
    """Whether stretches of one piece of bytes hold: very many of them in a few steps each.

    The sum is linear: that of two pieces together follows from those of each, that of a stretch from the sums up to
    its two ends. So a line full of headers that each promise a long frame costs little more than one of noise.
    """

    def __init__(self, raw: bytes) -> None:
        register = _byte_sums()[np.frombuffer(raw.translate(_MIRRORED), dtype=np.uint8)]
        reach = 1  # each register sums so many bytes up to its place, or all there are
        for power in range(len(raw).bit_length()):
            register[reach:] ^= _zeros(power)[register[:-reach]]
            reach *= 2
        self._up_to = np.concatenate((np.zeros(1, dtype=np.uint16), register))

    def hold(self, starts: Places, ends: Places) -> NDArray[np.bool_]:
        """Whether the last two bytes of each stretch are the check sequence of those before."""
        sizes = ends - starts
        register = self._up_to[starts] ^ _INITIAL
        for power in range(int(sizes.max(initial=0)).bit_length()):
            register = np.where(sizes >> power & 1, _zeros(power)[register], register)
        holds: NDArray[np.bool_] = (self._up_to[ends] ^ register) == _RESIDUE
        return holds


@cache
def _byte_sums() -> Registers:
    """The register after one byte, begun at zero."""
    return np.array([crc_hqx(bytes((byte,)), 0) for byte in range(256)], dtype=np.uint16)


@cache
def _zeros(power: int) -> Registers:
    """What 2**power bytes of zero make of each register."""
    if power == 0:
        registers = np.arange(0x10000, dtype=np.uint16)
        once: Registers = registers << 8 ^ _byte_sums()[registers >> 8]
        return once
    half = _zeros(power - 1)
    return half[half]
