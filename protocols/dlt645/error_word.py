"""The error words of refusals. Each is a set of bits, not an enumeration: ERR 03H says two things at once."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from protocols.dlt645.frame import Frame

OTHER: Final = 0x01
NO_DATA: Final = 0x02
NOT_AUTHORISED: Final = 0x04
NO_DATA_REASON: Final = "no requested data"

_REASONS: Final = (
    "other error",
    NO_DATA_REASON,
    "password wrong or not authorised",
    "rate cannot be changed",
    "too many year time zones",
    "too many day periods",
    "too many tariffs",
    "reserved bit 7",
)
_REASONS_1997: Final = (
    "illegal data",
    NO_DATA_REASON,
    "password wrong or not authorised",
    "reserved bit 3",
    "too many year time zones",
    "too many day periods",
    "too many tariffs",
    "reserved bit 7",
)
_SECURITY_REASONS: Final = (
    "other error",
    "recharge repeated",
    "ESAM check failed",
    "identity authentication failed",
    "customer number differs",
    "recharge count wrong",
    "hoard limit exceeded",
)
_CONTROL_REASONS: Final = (
    "meter suspended",
    "MAC check failed",
    "password wrong or not authorised",
    "identity not authenticated or expired",
    "deadline passed",
    "trip refused: power is kept",
    "pre-trip refused: power is kept",
    "pre-trip duration is zero",
    "pre-trip refused: already tripped",
)


class ErrorKind(StrEnum):
    """Which word a function's refusal carries. NONE: the meter stays silent instead."""

    NONE = "no refusal"
    ERR = "ERR"
    ERR_1997 = "ERR of 1997"
    SECURITY = "SERR"
    CONTROL = "control error word"


_WIDE: Final = {ErrorKind.SECURITY: _SECURITY_REASONS, ErrorKind.CONTROL: _CONTROL_REASONS}
_WIDE_SIZE: Final = 2


def reasons(word: int) -> tuple[str, ...]:
    """The words for each bit of ERR; empty for 00, which some meters send and which says nothing."""
    return _of(word, _REASONS)


def reasons_of(refusal: Frame, kind: ErrorKind) -> tuple[str, ...]:
    """The words of a refusal: two bytes are the function's own word, one byte is ERR whatever the function."""
    data = refusal.data
    if len(data) == _WIDE_SIZE and kind in _WIDE:
        return _of(int.from_bytes(data, "little"), _WIDE[kind])
    if len(data) != 1:
        return ()
    return _of(data[0], _REASONS_1997 if kind is ErrorKind.ERR_1997 else _REASONS)


def error_word(refusal: Frame) -> int | None:
    """The ERR byte of a refusal; None where it is not the one byte that the standard lays down."""
    return refusal.data[0] if refusal.is_error and len(refusal.data) == 1 else None


def _of(word: int, names: Sequence[str]) -> tuple[str, ...]:
    found = [bit for bit in range(16) if word >> bit & 1]
    return tuple(names[bit] if bit < len(names) else f"bit {bit}" for bit in found)
