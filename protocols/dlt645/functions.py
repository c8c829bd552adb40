"""Control codes of both editions: five low bits name the function, three high bits the kind of frame."""

from collections.abc import Mapping
from typing import Final

FROM_METER: Final = 0x80
REFUSED: Final = 0x40
MORE_FOLLOWS: Final = 0x20
FUNCTION_MASK: Final = 0x1F

READ: Final = 0x11
READ_FOLLOW_UP: Final = 0x12
READ_ADDRESS: Final = 0x13
WRITE: Final = 0x14
BROADCAST_TIME: Final = 0x08
WRITE_ADDRESS: Final = 0x15
FREEZE: Final = 0x16
CHANGE_RATE: Final = 0x17
CHANGE_PASSWORD: Final = 0x18
CLEAR_DEMAND: Final = 0x19
CLEAR_METER: Final = 0x1A
CLEAR_EVENTS: Final = 0x1B
SWITCH_SUPPLY: Final = 0x1C
SET_OUTPUT: Final = 0x1D

READ_1997: Final = 0x01
READ_FOLLOW_UP_1997: Final = 0x02
WRITE_1997: Final = 0x04

NAMES_2007: Final[Mapping[int, str]] = {
    0x03: "security authentication",
    0x08: "broadcast time",
    0x11: "read data",
    0x12: "read follow-up data",
    0x13: "read address",
    0x14: "write data",
    0x15: "write address",
    0x16: "freeze",
    0x17: "change rate",
    0x18: "change password",
    0x19: "clear maximum demand",
    0x1A: "clear meter",
    0x1B: "clear events",
    0x1C: "switch supply",
    0x1D: "multifunction output",
}

NAMES_1997: Final[Mapping[int, str]] = {
    0x01: "read data",
    0x02: "read follow-up data",
    0x03: "read again",
    0x04: "write data",
    0x08: "broadcast time",
    0x0A: "write address",
    0x0C: "change rate",
    0x0F: "change password",
    0x10: "clear maximum demand",
}

IDENTIFIER_SIZE_2007: Final[Mapping[int, int]] = {0x03: 4, 0x11: 4, 0x12: 4, 0x14: 4}
IDENTIFIER_SIZE_1997: Final[Mapping[int, int]] = {0x01: 2, 0x02: 2, 0x04: 2}
"""Functions whose data field opens with a data identifier, and how many bytes it has."""
