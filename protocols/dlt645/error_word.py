"""The ERR byte of a refusal. It is a set of bits, not an enumeration: 03H says two things at once."""

from typing import Final

from protocols.dlt645.frame import Frame

OTHER: Final = 0x01
NO_DATA: Final = 0x02
NOT_AUTHORISED: Final = 0x04

_REASONS: Final = (
    "other error",
    "no requested data",
    "password wrong or not authorised",
    "rate cannot be changed",
    "too many year time zones",
    "too many day periods",
    "too many tariffs",
    "reserved bit 7",
)


def reasons(word: int) -> tuple[str, ...]:
    """The words for each bit that is set; empty for 00, which some meters send and which says nothing."""
    return tuple(reason for bit, reason in enumerate(_REASONS) if word >> bit & 1)


def error_word(refusal: Frame) -> int | None:
    """The ERR byte of a refusal; None where it is not the one byte that the standard lays down."""
    return refusal.data[0] if refusal.is_error and len(refusal.data) == 1 else None
