"""The frame check sequence of PPP (FCS-16), that DL/T 698.45 uses twice: over the header and over the frame.

The C routine of the standard library computes the same polynomial from the other end, so the bits of each byte are
mirrored on the way in and out.
"""

from binascii import crc_hqx
from functools import cache
from typing import Final

SIZE: Final = 2
_INITIAL: Final = 0xFFFF
_STRIDE: Final = 256
_RESIDUE: Final = 0x1D0F  # what remains when the checked bytes and their check sequence are summed together
_MIRRORED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def check_sequence(covered: bytes) -> bytes:
    """The two bytes that follow `covered` on the wire, low byte first."""
    mirrored = crc_hqx(covered.translate(_MIRRORED), _INITIAL) ^ 0xFFFF
    return mirrored.to_bytes(SIZE, "big").translate(_MIRRORED)


def holds(checked: bytes | bytearray) -> bool:
    """Whether the last two of these bytes are the check sequence of those before."""
    return crc_hqx(checked.translate(_MIRRORED), _INITIAL) == _RESIDUE


class RunningSums:
    """Whether stretches of one piece of bytes hold, without summing the same bytes again for each.

    The sum is linear: that of a stretch follows from the sums up to its two ends. So a line full of headers that
    each promise a long frame costs little more than one of noise.
    """

    def __init__(self, raw: bytes) -> None:
        self._mirrored = raw.translate(_MIRRORED)
        self._sums = [0]  # up to each multiple of _STRIDE, as far as was asked

    def holds(self, start: int, end: int) -> bool:
        """Whether the last two bytes of this stretch are the check sequence of those before."""
        if end - start <= _STRIDE:
            return crc_hqx(self._mirrored[start:end], _INITIAL) == _RESIDUE
        return self._up_to(end) ^ _through_zeros(self._up_to(start) ^ _INITIAL, end - start) == _RESIDUE

    def _up_to(self, end: int) -> int:
        whole = end // _STRIDE
        while len(self._sums) <= whole:
            at = (len(self._sums) - 1) * _STRIDE
            self._sums.append(crc_hqx(self._mirrored[at : at + _STRIDE], self._sums[-1]))
        return crc_hqx(self._mirrored[whole * _STRIDE : end], self._sums[whole])


def _through_zeros(register: int, count: int) -> int:
    """The register after `count` more bytes of zero."""
    power = 0
    while count:
        if count & 1:
            high, low = _zeros(power)
            register = high[register >> 8] ^ low[register & 0xFF]
        count >>= 1
        power += 1
    return register


@cache
def _zeros(power: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What 2**power bytes of zero make of the high and of the low byte of a register."""
    if power == 0:
        return tuple(crc_hqx(b"\0", byte << 8) for byte in range(256)), tuple(
            crc_hqx(b"\0", byte) for byte in range(256)
        )
    high, low = _zeros(power - 1)

    def twice(register: int) -> int:
        once = high[register >> 8] ^ low[register & 0xFF]
        return high[once >> 8] ^ low[once & 0xFF]

    return tuple(twice(byte << 8) for byte in range(256)), tuple(twice(byte) for byte in range(256))
