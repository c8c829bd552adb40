"""A conversation to be had on a line, and what the line must know of its protocol. Runs nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

from collectors.conversation import Conversation, Finding, LineParser

LARGEST_ANSWER = 260  # bytes of the longest frame of DL/T 645 and Modbus


@dataclass(frozen=True, slots=True)
class Talk(Generic[Finding]):
    """A conversation to be had, and the parser of its protocol; meters of several protocols may share a line."""

    protocol: str
    parser: Callable[[], LineParser]
    conversation: Callable[[], Conversation[Finding]]
    largest_answer: int = LARGEST_ANSWER
    rest_characters: float = 1.0
