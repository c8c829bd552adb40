"""Modbus exception codes in words, and which of them a gateway says about a meter that it could not reach."""

from collections.abc import Mapping
from typing import Final

ILLEGAL_FUNCTION: Final = 0x01
ILLEGAL_ADDRESS: Final = 0x02
ILLEGAL_VALUE: Final = 0x03

NAMES: Final[Mapping[int, str]] = {
    0x01: "illegal function",
    0x02: "illegal data address",
    0x03: "illegal data value",
    0x04: "server device failure",
    0x05: "acknowledge",
    0x06: "server device busy",
    0x07: "negative acknowledge",
    0x08: "memory parity error",
    0x0A: "gateway path unavailable",
    0x0B: "gateway target device failed to respond",
}
FROM_GATEWAY: Final = frozenset({0x0A, 0x0B})
"""The gateway speaks for itself here: the meter was silent, it refused nothing."""


def exception_name(code: int) -> str:
    return NAMES.get(code, f"unknown exception {code:02X}")
