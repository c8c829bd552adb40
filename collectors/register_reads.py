"""Asking one Modbus meter for words: the request, its answer, and what silence and refusals mean. Knows no profile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from collectors.conversation import Answer, Ask, Conversation
from collectors.line_urls import FRAMING, parse_line
from collectors.profiles import Timing
from headend.domain.collection import ItemError
from headend.domain.errors import NoAnswer
from headend.domain.metering import Line
from headend.domain.readings import RawFrame
from protocols import modbus
from protocols.modbus.exceptions import FROM_GATEWAY

OWED_TIMES = 3
"""A meter that answered a question in its third time-out may be as late with the repeated one."""


class Heard(NamedTuple):
    """Registers from `address` on, two bytes each as they came, and the answer that brought them."""

    answer: Answer
    address: int
    raw: bytes

    def at(self, address: int, count: int) -> bytes:
        """Some of the registers."""
        offset = 2 * (address - self.address)
        return self.raw[offset : offset + 2 * count]


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there are no words; `answer` and `refused` where the meter said so itself."""

    error: ItemError
    reason: str
    answer: Answer | None = None
    refused: modbus.Refused | None = None


class RegisterReads:
    """How one meter is asked. Transactions are the driver's, so that no two requests of a line have the same."""

    __slots__ = ("_framing", "_timing", "_transactions", "_unit")

    def __init__(self, line: Line, unit: int, timing: Timing, transactions: Iterator[int]) -> None:
        self._framing, self._unit, self._timing, self._transactions = framing_of(line), unit, timing, transactions

    def read(self, read: modbus.ReadRequest) -> Conversation[Heard | Failed]:
        """The words, or why there are none."""
        framing, timing = self._framing, self._timing
        try:
            if isinstance(framing, modbus.Mbap):
                request = modbus.read_request(self._unit, read, transaction=next(self._transactions) & 0xFFFF)
                answer = yield Ask(framing.encode(request), _Answering(request), timing.timeout_s, timing.attempts)
            else:
                request = modbus.read_request(self._unit, read)
                answer = yield from _ask_without_transaction(framing.encode(request), _Answering(request), timing)
        except NoAnswer as silence:
            return Failed(ItemError.NO_ANSWER, str(silence))
        frame = answer.event.frame
        if not frame.is_exception:
            return Heard(answer, read.address, frame.data[1:])
        said = modbus.Refused(frame.data[0])
        if said.code in FROM_GATEWAY:
            return Failed(ItemError.NO_ANSWER, f"the gateway says: {said}")
        return Failed(ItemError.REFUSED, f"{said} ({_shown(read)})", answer, said)


def _shown(read: modbus.ReadRequest) -> str:
    return f"function {read.function}, {read.count} register{'s' * (read.count > 1)} from {read.address}"


def _ask_without_transaction(raw: bytes, answers: Callable[[object], bool], timing: Timing) -> Conversation[Answer]:
    """Ask over RTU, where a late answer to this question could pass for the answer to the next one.

    So each question gets the same time again, unspoken, before anything else is asked; and after an answer to a
    repeated question the line is heard until the other answers have come or stayed away.
    """
    owed = 0
    while True:
        try:
            answer = yield Ask(raw, answers, timing.timeout_s, 1)
            break
        except NoAnswer:
            late = yield from _listen(answers, timing.timeout_s)
            if late is not None:
                answer = late._replace(frame=RawFrame(raw, late.frame.reply))
                break
            owed += 1
            if owed == timing.attempts:
                raise NoAnswer(f"no answer within {2 * timing.timeout_s:g} s, {owed} tries") from None
    while owed and (yield from _listen(answers, OWED_TIMES * timing.timeout_s)) is not None:
        owed -= 1
    return answer


def _listen(answers: Callable[[object], bool], timeout_s: float) -> Conversation[Answer | None]:
    """An ask without a byte: what is still heard."""
    try:
        return (yield Ask(b"", answers, timeout_s, 1))
    except NoAnswer:
        return None


def framing_of(line: Line) -> modbus.Framing:
    """MBAP on TCP lines, RTU on serial ones and on TCP ones that say framing=rtu."""
    return _framing_at(line.url)


@lru_cache(maxsize=4096)  # every read asks, and lines are few
def _framing_at(line_url: str) -> modbus.Framing:
    url = parse_line(line_url)
    is_rtu = url.scheme != "tcp" or url.option(FRAMING, "mbap") == "rtu"
    return modbus.Rtu(modbus.Role.MASTER) if is_rtu else modbus.Mbap(modbus.Role.MASTER)


class _Answering:
    """Predicate: this event is the answer to that request."""

    __slots__ = ("_request",)

    def __init__(self, request: modbus.Frame) -> None:
        self._request = request

    def __call__(self, event: object) -> bool:
        return isinstance(event, modbus.FrameReceived) and modbus.answers(self._request, event.frame)
