"""The seven status words 04000501 to 04000507: which bit says what. Data, and the bits that are set."""

from collections.abc import Mapping
from typing import Final

RELAY_OPEN: Final = 1 << 4
RELAY_COMMANDED_OPEN: Final = 1 << 6
SUPPLY_PROTECTED: Final = 1 << 12
"""Bits of word 3. The first is the relay itself, the second only what it was told."""

_PHASE_FAULTS: Final[Mapping[int, str]] = {
    0: "voltage loss",
    1: "under-voltage",
    2: "over-voltage",
    3: "current loss",
    4: "over-current",
    5: "overload",
    6: "reverse flow",
    7: "phase missing",
    8: "current cut",
}

BITS: Final[Mapping[int, Mapping[int, str]]] = {
    1: {
        1: "demand by blocks",
        2: "clock battery low",
        3: "reading battery low",
        4: "active power reversed",
        5: "reactive power reversed",
    },
    2: {
        0: "active power reversed l1",
        1: "active power reversed l2",
        2: "active power reversed l3",
        4: "reactive power reversed l1",
        5: "reactive power reversed l2",
        6: "reactive power reversed l3",
    },
    3: {
        0: "second period table",
        1: "auxiliary supply",
        2: "battery supply",
        3: "programming allowed",
        4: "relay open",
        5: "second zone table",
        6: "relay commanded open",
        7: "pre-trip alarm",
        8: "energy prepaid",
        9: "money prepaid",
        12: "supply protected",
        13: "identity authenticated",
        14: "opened locally",
        15: "opened remotely",
    },
    4: _PHASE_FAULTS,
    5: _PHASE_FAULTS,
    6: _PHASE_FAULTS,
    7: {
        0: "voltage sequence reversed",
        1: "current sequence reversed",
        2: "voltage unbalanced",
        3: "current unbalanced",
        4: "auxiliary supply lost",
        5: "power down",
        6: "demand over limit",
        7: "power factor low",
    },
}


def meanings(word_number: int, word: int) -> tuple[str, ...]:
    """The words for each set bit of status word 1..7; a bit nobody described is named by its number."""
    names = BITS[word_number]
    return tuple(names.get(bit, f"bit {bit}") for bit in range(16) if word >> bit & 1)
