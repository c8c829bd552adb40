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
class Heard:
    """What came while one question was listened to. Garbled: several answered at once, or the line is bad."""

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
        heard, asked_now = yield from search(suffix, timeout_s)
        questions += asked_now
        found |= heard.addresses
        if heard.is_garbled and len(suffix) < ADDRESS_DIGITS:
            suffixes += [pair + suffix for pair in reversed(PAIRS)]
        elif heard.is_garbled:
            unparted.append(suffix)
        asked(questions, questions + len(suffixes))
    return Discovery(tuple(sorted(found)), tuple(unparted), questions)


def search(suffix: str, timeout_s: float) -> Conversation[tuple[Heard, int]]:
    """The meters whose addresses end like this, each confirmed by its full address, and how many questions it took.

    Two answers mixed on the wire may pass for a third, even in sum and digits; then nobody answers to its name.
    """
    heard = yield from _listen(suffix, timeout_s)
    if len(suffix) == ADDRESS_DIGITS:
        return heard, 1
    confirmed = Heard(is_garbled=heard.is_garbled)
    for address in sorted(heard.addresses):
        again = yield from _listen(address, timeout_s)
        if again.addresses == {address} and not again.is_garbled:
            confirmed.addresses.add(address)
        else:
            confirmed.is_garbled = True
    return confirmed, 1 + len(heard.addresses)


def _listen(suffix: str, timeout_s: float) -> Conversation[Heard]:
    """All that answers an address that ends like this."""
    request = dlt645.read(suffix.rjust(ADDRESS_DIGITS, "A"), COMMUNICATION_ADDRESS)
    heard = Heard()

    def note(event: object) -> bool:
        if not isinstance(event, dlt645.FrameReceived):
            heard.is_garbled = True
        elif dlt645.answers(request, event.frame) and _tells_its_address(event.frame):
            heard.addresses.add(event.frame.address)
        elif event.frame.is_reply:  # no reply to this question: a mixture of several
            heard.is_garbled = True
        return False

    with contextlib.suppress(NoAnswer):  # it listens to the end; what came is in `heard`
        yield Ask(dlt645.encode(request), note, timeout_s, attempts=1)
    return heard


def _tells_its_address(frame: dlt645.Frame) -> bool:
    """Header and data tell the same; a meter that refuses the item has only its header."""
    return frame.is_error or frame.data[4:][::-1].hex().upper() == frame.address
