"""Who is on a DL/T 645 line: ask by abbreviated address, and where several answer at once, ask more narrowly.

Pure: a conversation. A question is listened to for its whole time, since a second meter may answer behind the first.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

from collectors.conversation import Ask, Conversation
from headend.domain.errors import NoAnswer
from protocols import dlt645

ADDRESS_DIGITS = 12
COMMUNICATION_ADDRESS = "04000401"
PAIRS = tuple(f"{pair:02d}" for pair in range(100))


@dataclass(frozen=True, slots=True)
class Discovery:
    """Addresses found, low to high, and suffixes under which something answered that no question could part."""

    addresses: tuple[str, ...]
    unparted: tuple[str, ...]
    questions: int


@dataclass(slots=True)
class _Heard:
    """What came while one question was listened to."""

    addresses: set[str] = field(default_factory=set)
    is_garbled: bool = False


def discover(timeout_s: float, asked: Callable[[int, int], None] = lambda done, known: None) -> Conversation[Discovery]:
    """Search the line; `asked` is told after each question how many were asked and are known to be needed."""
    found: set[str] = set()
    unparted: list[str] = []
    suffixes = [""]
    questions = 0
    while suffixes:
        suffix = suffixes.pop()
        heard = yield from _listen(suffix, timeout_s)
        questions += 1
        found |= heard.addresses
        if heard.is_garbled and len(suffix) < ADDRESS_DIGITS:
            suffixes += [pair + suffix for pair in reversed(PAIRS)]
        elif heard.is_garbled:
            unparted.append(suffix)
        asked(questions, questions + len(suffixes))
    return Discovery(tuple(sorted(found)), tuple(unparted), questions)


def _listen(suffix: str, timeout_s: float) -> Conversation[_Heard]:
    """All that answers an address that ends like this."""
    request = dlt645.read(suffix.rjust(ADDRESS_DIGITS, "A"), COMMUNICATION_ADDRESS)
    heard = _Heard()

    def note(event: object) -> bool:
        if isinstance(event, dlt645.FrameReceived):
            if dlt645.answers(request, event.frame):
                heard.addresses.add(_address_in(event.frame))
        else:
            heard.is_garbled = True
        return False

    with contextlib.suppress(NoAnswer):  # it listens to the end; what came is in `heard`
        yield Ask(dlt645.encode(request), note, timeout_s, attempts=1)
    return heard


def _address_in(frame: dlt645.Frame) -> str:
    """The address that the data tell; the frame's own where the meter refuses the item."""
    told = frame.data[4:10][::-1].hex().upper()
    return told if len(told) == ADDRESS_DIGITS and told.isdecimal() and not frame.is_error else frame.address
