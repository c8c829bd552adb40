"""Words that two entries of a profile claim: one of them has a wrong address or type. Reads no file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from headend.domain.errors import WrongEntry
from protocols.modbus.registers import WordOrder


class Claim(NamedTuple):
    """What an entry says that some words are; `key` leads to where it says so."""

    who: str
    key: tuple[str | int, ...]
    words: range
    meaning: str
    word_order: WordOrder = WordOrder.BIG

    def agrees(self, other: Claim) -> bool:
        """Whether both say the same of the same words, as of one exponent that serves several registers."""
        return self[2:] == other[2:]


def check_claims(claims: Iterable[Claim]) -> None:
    """WrongEntry for the later of the first two that share words without saying the same of them."""
    widest: Claim | None = None
    for claim in sorted(claims, key=lambda claim: (claim.words.start, claim.words.stop)):
        if widest is not None and claim.words.start < widest.words.stop and not claim.agrees(widest):
            raise _overlap(widest, claim)
        if widest is None or claim.words.stop > widest.words.stop:
            widest = claim


def _overlap(first: Claim, second: Claim) -> WrongEntry:
    return WrongEntry(
        f"{second.who} at {_shown(second.words)} shares words with {first.who} at {_shown(first.words)}",
        key=second.key,
        remedy="correct the address or the type of one; two reading types of one register say the same of it",
    )


def _shown(words: range) -> str:
    return f"{words.start}" if len(words) == 1 else f"{words.start} to {words[-1]}"
