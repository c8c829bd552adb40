"""Numbered messages: what was lost, what comes again, what starts anew. Knows no meter and no topic."""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

REMEMBERED: Final = 32
LARGEST_GAP: Final = 100_000


class Step(StrEnum):
    """How a number follows the ones before it."""

    NEXT = "next"
    GAP = "gap"
    AGAIN = "again"
    LATE = "late"
    RESTARTED = "restarted"


@dataclass(frozen=True, slots=True)
class Follows:
    """A step, and how many messages are missing before it."""

    step: Step
    lost: int = 0


class SequenceWatch:
    """The numbers of one meter. A meter that was switched off may start anew from any lower number."""

    def __init__(self) -> None:
        self._newest: int | None = None
        self._recent = deque[tuple[int, bytes]](maxlen=REMEMBERED)

    def forget(self) -> None:
        """Messages may come again that nobody could keep: they are to be taken as new."""
        self._recent.clear()

    def follow(self, number: int, raw: bytes) -> Follows:
        """How a message with this number follows. Only one with the same bytes is the same message."""
        if (number, raw) in self._recent:
            return Follows(Step.AGAIN)
        self._recent.append((number, raw))
        newest, self._newest = self._newest, number
        if newest is None or number == newest + 1:
            return Follows(Step.NEXT)
        if newest < number <= newest + LARGEST_GAP:
            return Follows(Step.GAP, number - newest - 1)
        if newest - REMEMBERED <= number < newest and number not in {seen for seen, _ in list(self._recent)[:-1]}:
            self._newest = newest
            return Follows(Step.LATE)
        return Follows(Step.RESTARTED)
