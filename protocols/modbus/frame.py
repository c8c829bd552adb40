"""One Modbus message, free of its framing: unit, function and data. Which bytes carry it is the framing's business."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

EXCEPTION: Final = 0x80
LARGEST_UNIT: Final = 247
MAX_REGISTERS: Final = 125


class Role(StrEnum):
    """Which end of the line listens: a master hears responses, a meter hears requests."""

    MASTER = "master"
    METER = "meter"


@dataclass(frozen=True, slots=True)
class Frame:
    """A message as meant. `transaction` travels only in MBAP; RTU leaves it at zero."""

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
