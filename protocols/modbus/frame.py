"""One Modbus message, free of its framing: unit, function and data. Which bytes carry it is the framing's business."""

from enum import StrEnum
from typing import Final, NamedTuple

EXCEPTION: Final = 0x80
LARGEST_UNIT: Final = 247
MAX_REGISTERS: Final = 125


class Role(StrEnum):
    """Which end of the line listens: a master hears responses, a meter hears requests."""

    MASTER = "master"
    METER = "meter"


class Frame(NamedTuple):
    """A message as meant. `transaction` travels only in MBAP; RTU leaves it at zero.

    A named tuple, like the events that carry it: a line may bring ten thousand frames in one call.
    """

    unit: int
    function: int
    data: bytes = b""
    transaction: int = 0

    @property
    def is_exception(self) -> bool:
        return bool(self.function & EXCEPTION)

    @property
    def asked_function(self) -> int:
        """The function of the request, also where this is its refusal."""
        return self.function & ~EXCEPTION
