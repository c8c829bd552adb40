"""What a framing offers to the receiver: where the frame that begins here ends, and its bytes in both directions.

An ending is a number: where the frame ends, INCOMPLETE while it may still come, below zero for the reason of noise.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from protocols.modbus.frame import Frame

INCOMPLETE: Final = 0


class NoiseReason(StrEnum):
    """Why bytes are no frame."""

    NO_START = "no header"
    TOO_LONG = "length over the limit"
    WRONG_LENGTH = "length does not fit the function"
    BAD_CRC = "CRC differs"
    TRUNCATED = "truncated"


NO_START, TOO_LONG, WRONG_LENGTH, BAD_CRC = -1, -2, -3, -4
REASONS: Final = {
    NO_START: NoiseReason.NO_START,
    TOO_LONG: NoiseReason.TOO_LONG,
    WRONG_LENGTH: NoiseReason.WRONG_LENGTH,
    BAD_CRC: NoiseReason.BAD_CRC,
    INCOMPLETE: NoiseReason.TRUNCATED,  # once the line is silent
}
Endings = NDArray[np.int64]


class Framing(Protocol):
    """MBAP or RTU, as one role hears it."""

    def frame_end(self, buffer: bytes | bytearray, start: int) -> int:
        """The ending at `start`."""
        ...

    def frame_ends(self, buffer: bytes) -> Endings:
        """The endings at every place of a long buffer: the same, in steps whose number no byte can change."""
        ...

    def parse(self, raw: bytes) -> Frame:
        """The frame in bytes that an ending has proved."""
        ...

    def encode(self, frame: Frame) -> bytes:
        """The bytes of a frame."""
        ...
