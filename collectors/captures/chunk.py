"""What a capture holds: some bytes, when they passed and which way. Knows no file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Direction(StrEnum):
    """Which way bytes went; a tap beside the line cannot know."""

    TO_METERS = ">"
    FROM_METERS = "<"
    UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes as they came, at once. `connection` numbers the masters that a listening capture has served."""

    at: datetime
    direction: Direction
    data: bytes
    connection: int = 1


@dataclass(frozen=True, slots=True)
class Header:
    """Where and when the capture began, and which program wrote it."""

    line: str
    started: datetime
    program: str
