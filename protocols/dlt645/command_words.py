"""What function 1C can ask of a meter: the words of N1. A table to read by; it builds nothing."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class CommandWord(NamedTuple):
    """One value of N1: its name, and what it asks of the supply."""

    name: str
    effect: str


WORDS: Final[Mapping[int, CommandWord]] = {
    0x1A: CommandWord("trip", "cut"),
    0x1B: CommandWord("permit close", "connect"),
    0x1C: CommandWord("close", "connect"),
    0x1D: CommandWord("pre-trip, then close", "cut"),
    0x1E: CommandWord("pre-trip, then permit close", "cut"),
    0x2A: CommandWord("alarm", "warn"),
    0x2B: CommandWord("alarm off", "stop warning"),
    0x3A: CommandWord("keep power", "keep"),
    0x3B: CommandWord("keep power off", "stop keeping"),
}

NAMES: Final = {code: word.name for code, word in WORDS.items()}
EFFECTS: Final = {code: word.effect for code, word in WORDS.items()}

EXECUTION: Final[Mapping[int, str]] = {
    0: "closed directly",
    1: "close permitted",
    2: "tripped directly",
    3: "trip delayed by the delay time",
    4: "pre-tripped",
    5: "trip delayed by a large current",
    8: "power kept",
    9: "power no longer kept",
    10: "alarm",
    11: "alarm off",
}
"""Bits of the two bytes that some State Grid meters put into 9C. No bit proves an open relay."""
