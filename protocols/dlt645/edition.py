"""The two editions share one frame; which one spoke is told from the control code."""

from enum import StrEnum
from typing import Final

from protocols.dlt645.frame import Frame

_SAME_IN_BOTH: Final = frozenset({0x00, 0x08})
_FIRST_OF_2007: Final = 0x11
_SECURITY_OR_READ_AGAIN: Final = 0x03
_SECURITY_ERROR_SIZE: Final = 2


class Edition(StrEnum):
    """An edition by its protocol name; AUTO where the frame is to tell."""

    AUTO = "auto"
    OF_2007 = "dlt645"
    OF_1997 = "dlt645-1997"


def edition_of(frame: Frame) -> Edition:
    """2007 counts its functions from 11 up, 1997 below; code 03 is security (long) in one, "again" in the other."""
    function = frame.function
    if function in _SAME_IN_BOTH or function >= _FIRST_OF_2007:
        return Edition.OF_2007
    if function != _SECURITY_OR_READ_AGAIN:
        return Edition.OF_1997
    is_security_error = frame.is_error and len(frame.data) == _SECURITY_ERROR_SIZE
    return Edition.OF_2007 if len(frame.data) >= 4 or is_security_error else Edition.OF_1997
