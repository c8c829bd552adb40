"""Reads repeated until two agree, for every protocol. Knows no request, no frame format and no meaning.

A check sequence lets one damaged frame in some hundreds or thousands through, and what passes every other layer looks
like any other value. So what may be billed is read again, and counts only when both reads tell the same.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from collectors.conversation import Conversation
from collectors.session import MeterSession
from headend.domain.errors import NoAnswer
from headend.domain.readings import RawFrame
from protocols.errors import RemoteProtocolError

MOST_READS = 3  # the third says which of two was right
ONE_COUNT = Decimal("0.01")
FASTEST_PER_S = Decimal("0.03")  # kWh: 100 A at 400 V three-phase is 0.0192 kWh/s; CT meters tell secondary values

Told = TypeVar("Told")


def until_agreed(
    session: MeterSession,
    fetch: Callable[[], Conversation[tuple[Told, RawFrame]]],
    agrees: Callable[[Told, Told, float], bool],
    shown: Callable[[Told], str],
) -> Conversation[tuple[Told, RawFrame]]:
    """The newer of the first two reads that agree, with the frames of both; RemoteProtocolError when none do.

    `agrees` is given what the two told and the seconds between them. A meter that answered once and then stays silent
    is asked again, as one whose answers disagree is.
    """
    earlier: list[tuple[Told, RawFrame, float]] = []
    for _ in range(MOST_READS):
        try:
            told, frame = yield from fetch()
        except NoAnswer as silence:
            if not earlier:
                raise
            last_silence = silence
            continue
        now = session.last_heard.timestamp()
        for other, proof, at in earlier:
            if agrees(other, told, now - at):
                return told, RawFrame(proof.request + frame.request, proof.reply + frame.reply)
        earlier.append((told, frame, now))
    if len(earlier) == 1:
        raise last_silence
    raise RemoteProtocolError(f"{len(earlier)} reads disagree: {', '.join(shown(told) for told, _, _ in earlier)}")


def moved_on(first: Decimal, second: Decimal, seconds: float) -> bool:
    """Whether a register that showed `first` may show `second` so much later: ahead by no more than a meter counts."""
    return 0 <= second - first <= ONE_COUNT + FASTEST_PER_S * Decimal(seconds)
