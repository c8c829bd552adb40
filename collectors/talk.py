"""A conversation to be had on a line, and what the line must know of its protocol. Runs nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, NamedTuple

from collectors.conversation import Conversation, Finding, LineParser

LARGEST_ANSWER = 260  # bytes of the longest frame of DL/T 645 and Modbus


class Talk(NamedTuple, Generic[Finding]):
    """A conversation to be had, and the parser of its protocol; meters of several protocols may share a line.

    A named tuple, as Ask and Answer are, because every read makes one.
    """

    protocol: str
    parser: Callable[[], LineParser]
    conversation: Callable[[], Conversation[Finding]]
    largest_answer: int = LARGEST_ANSWER
    rest_characters: float = 1.0
