"""DL/T 645 requests with all their follow-ups, once or until two reads agree. Decides nothing about meaning.

A sum modulo 256 is the only check of these frames: one damaged frame in some hundreds passes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from collectors.agreement import until_agreed
from collectors.conversation import Ask, Conversation
from collectors.profiles import Timing
from collectors.session import MeterSession
from headend.domain.errors import MeterRefused
from headend.domain.readings import RawFrame
from protocols import dlt645
from protocols.dlt645.replies import Complete, Refused

Heard = tuple[bytes, RawFrame]
# (first payload, second payload, seconds between them) -> whether they tell the same
Agreement = Callable[[bytes, bytes, float], bool]


def same_bytes(first: bytes, second: bytes, seconds: float) -> bool:
    """What lies in the meter's memory does not change between two reads."""
    return first == second


def fetch(session: MeterSession, request: dlt645.Frame, timing: Timing) -> Conversation[Heard]:
    """Payload and frames of a read with all its follow-ups; MeterRefused, NoAnswer."""
    return _fetch(session, request, timing, _ask(request, timing))


def fetch_agreed(
    session: MeterSession, request: dlt645.Frame, timing: Timing, agrees: Agreement
) -> Conversation[Heard]:
    """The newer of the first two reads that agree, with the frames of both; see `until_agreed`."""
    first = _ask(request, timing)
    return until_agreed(session, lambda: _fetch(session, request, timing, first), agrees, _shown)


def _ask(request: dlt645.Frame, timing: Timing) -> Ask:
    return Ask(dlt645.encode(request), Answering(request), timing.timeout_s, timing.attempts)


def _fetch(session: MeterSession, request: dlt645.Frame, timing: Timing, ask: Ask) -> Conversation[Heard]:
    assembler = dlt645.ReplyAssembler(request)
    frames = list[RawFrame]()
    while True:
        answer = yield ask
        session.heard(answer)
        frames.append(answer.frame)
        outcome = assembler.take(answer.event.frame)
        if isinstance(outcome, Complete):
            return outcome.payload, _joined(frames)
        if isinstance(outcome, Refused):
            code = "" if outcome.word is None else f"error word {outcome.word:02X}: "
            raise MeterRefused(code + (", ".join(outcome.reasons) or "no reason given"))
        ask = _ask(outcome.request, timing)


def _joined(frames: Sequence[RawFrame]) -> RawFrame:
    if len(frames) == 1:
        return frames[0]
    return RawFrame(b"".join(frame.request for frame in frames), b"".join(frame.reply for frame in frames))


def _shown(payload: bytes) -> str:
    return payload.hex().upper()


class Answering:
    """Predicate: this event is the answer to that request."""

    __slots__ = ("_request",)

    def __init__(self, request: dlt645.Frame) -> None:
        self._request = request

    def __call__(self, event: object) -> bool:
        return isinstance(event, dlt645.FrameReceived) and dlt645.answers(self._request, event.frame)
