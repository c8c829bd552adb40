"""The frame check sequence of PPP (FCS-16), that DL/T 698.45 uses twice: over the header and over the frame.

The C routine of the standard library computes the same polynomial from the other end, so the bits of each byte are
mirrored on the way in and out.
"""

from binascii import crc_hqx
from typing import Final

SIZE: Final = 2
_INITIAL: Final = 0xFFFF
_RESIDUE: Final = 0x1D0F  # what remains when the checked bytes and their check sequence are summed together
_MIRRORED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def check_sequence(covered: bytes) -> bytes:
    """The two bytes that follow `covered` on the wire, low byte first."""
    mirrored = crc_hqx(covered.translate(_MIRRORED), _INITIAL) ^ 0xFFFF
    return mirrored.to_bytes(SIZE, "big").translate(_MIRRORED)


def holds(checked: bytes | bytearray) -> bool:
    """Whether the last two of these bytes are the check sequence of those before."""
    return crc_hqx(checked.translate(_MIRRORED), _INITIAL) == _RESIDUE
