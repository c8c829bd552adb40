"""What a framing offers to the receiver: where the frame that begins here ends, and its bytes in both directions."""

from enum import StrEnum
from typing import Final, Protocol

from protocols.modbus.frame import Frame

INCOMPLETE: Final = 0


class NoiseReason(StrEnum):
    """Why bytes are no frame."""

    NO_START = "no header"
    TOO_LONG = "length over the limit"
    WRONG_LENGTH = "length does not fit the function"
    BAD_CRC = "CRC differs"
    TRUNCATED = "truncated"


class Framing(Protocol):
    """MBAP or RTU, as one role hears it."""

    def frame_end(self, buffer: bytes | bytearray, start: int) -> int | NoiseReason:
        """Where the frame at `start` ends; INCOMPLETE while it may still come; or why there is none."""
        ...

    def parse(self, raw: bytes) -> Frame:
        """The frame in bytes that `frame_end` has proved."""
        ...

    def encode(self, frame: Frame) -> bytes:
        """The bytes of a frame."""
        ...
