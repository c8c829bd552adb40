"""The address of a terminal and how it is written: district and decimal number, `4403-00256`. Knows no session."""

from __future__ import annotations

import re
from dataclasses import dataclass

from protocols import gdw1376

LARGEST_NUMBER = 0xFFFE  # FFFF is everybody, 0 is nobody
_WRITTEN = re.compile(r"([0-9A-Fa-f]{4})-([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class TerminalAddress:
    """A1 as four digits, A2 as a number."""

    district: str
    number: int

    def __post_init__(self) -> None:
        if not 0 < self.number <= LARGEST_NUMBER:
            raise ValueError(f"terminal {self.number} is not between 1 and {LARGEST_NUMBER}")

    def __str__(self) -> str:
        return f"{self.district}-{self.number:05d}"

    @classmethod
    def parse(cls, text: str) -> TerminalAddress:
        """Of its written form; ValueError says how to write it."""
        match = _WRITTEN.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is no terminal; write its district and decimal number, like 4403-00256")
        return cls(match[1].upper(), int(match[2]))

    @classmethod
    def of(cls, frame: gdw1376.Frame) -> TerminalAddress | None:
        """Who sent or gets this frame; None for groups, everybody and nobody."""
        if frame.is_group or not 0 < frame.terminal <= LARGEST_NUMBER:
            return None
        return cls(frame.district, frame.terminal)
