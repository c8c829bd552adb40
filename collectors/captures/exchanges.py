"""What was asked and what came back, and the same answers for the same questions again. Sans-IO.

A question is a frame (or noise) that went to the meters; its answer is every byte that came back before the next one,
cut and timed as it was. A question asked several times is answered in turn as it was each time, then from the first on.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from collectors.captures.chunk import Chunk, Direction
from collectors.captures.sayings import Saying

WAKE_UP = b"\xfe"
TRANSACTION = 2  # bytes of a Modbus TCP header that change with every request
LARGEST_QUESTION = 4096


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of an answer, `after_s` behind the question's last byte."""

    after_s: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and everything that followed it; nothing is silence."""

    question: bytes
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Bytes that were never asked in the capture."""

    raw: bytes


def exchanges_of(chunks: Sequence[Chunk], sayings: Sequence[Saying]) -> list[Exchange]:
    """In the order of the questions. What came before the first question answers nothing and is left out."""
    questions = sorted((s for s in sayings if s.direction is Direction.TO_METERS), key=lambda s: s.until)
    answers = [c for c in chunks if c.direction is Direction.FROM_METERS] or [
        Chunk(s.until, s.direction, s.raw, s.connection) for s in sayings if s.direction is Direction.FROM_METERS
    ]
    exchanges: list[tuple[datetime, Exchange]] = []
    for connection in {asked.connection for asked in questions}:
        asked = [q for q in questions if q.connection == connection]
        came = sorted((c for c in answers if c.connection == connection), key=lambda c: c.at)
        exchanges += zip((q.until for q in asked), _paired(asked, came), strict=True)
    return [exchange for _, exchange in sorted(exchanges, key=lambda timed: timed[0])]


def _paired(questions: Sequence[Saying], answers: Sequence[Chunk]) -> Iterator[Exchange]:
    """One connection's questions, each with what came before the next."""
    times = [chunk.at for chunk in answers]
    starts = [bisect_left(times, asked.until) for asked in questions]
    for asked, start, stop in zip(questions, starts, [*starts[1:], len(answers)], strict=True):
        pieces = (Piece((chunk.at - asked.until).total_seconds(), chunk.data) for chunk in answers[start:stop])
        yield Exchange(asked.raw, tuple(pieces))


class Answering:
    """The meters' side for one master: bytes of questions in, recorded answers out."""

    def __init__(self, exchanges: Sequence[Exchange], protocol: str) -> None:
        self._skipped = TRANSACTION if protocol == "modbus-tcp" else 0
        self._answers: dict[bytes, list[Exchange]] = {}
        self._turns: dict[bytes, int] = {}
        self._heard = b""
        for exchange in exchanges:
            key = exchange.question[self._skipped :]
            self._answers.setdefault(key, []).append(exchange)

    def receive(self, data: bytes) -> list[tuple[Piece, ...] | Unknown]:
        """The answers to every whole question that is here now."""
        self._heard = (self._heard + data)[-LARGEST_QUESTION:]
        found: list[tuple[Piece, ...] | Unknown] = []
        while (place := self._first_question()) is not None:
            start, key = place
            found += self._unknown(self._heard[: start - self._skipped])
            found.append(self._next_answer(key, self._heard[start - self._skipped : start]))
            self._heard = self._heard[start + len(key) :]
        return found

    def line_idle(self) -> list[Unknown]:
        """Silence: what is here was never asked in the capture."""
        heard, self._heard = self._heard, b""
        return self._unknown(heard)

    def _first_question(self) -> tuple[int, bytes] | None:
        """Where the earliest begins, of several there the longest."""
        places = [(self._heard.find(key, self._skipped), -len(key), key) for key in self._answers]
        found = min(((start, size, key) for start, size, key in places if start >= 0), default=None)
        return None if found is None else (found[0], found[2])

    def _next_answer(self, key: bytes, transaction: bytes) -> tuple[Piece, ...]:
        """The transaction that was answered becomes the one that is asked now; a wrong one stays wrong."""
        turn, exchanges = self._turns.get(key, 0), self._answers[key]
        self._turns[key] = turn + 1
        exchange = exchanges[turn % len(exchanges)]
        then, size = exchange.question[: self._skipped], self._skipped
        return tuple(
            Piece(p.after_s, transaction + p.data[size:]) if p.data[:size] == then else p for p in exchange.pieces
        )

    @staticmethod
    def _unknown(raw: bytes) -> list[Unknown]:
        raw = raw.strip(WAKE_UP)
        return [Unknown(raw)] if raw else []
