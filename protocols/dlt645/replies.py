"""Read replies: how a meter cuts them, which of them answers a request, how the master joins the pieces.

Sends nothing and waits for nothing: the assembler says what to ask next, or that the reply is complete.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from protocols.dlt645 import error_word, functions
from protocols.dlt645.frame import BROADCAST_ADDRESS, MAX_READ_DATA, WILDCARD_ADDRESS, Frame, address_to_wire
from protocols.dlt645.requests import di_from_wire, read_follow_up
from protocols.errors import LocalProtocolError, RemoteProtocolError

MAX_FIRST_PAYLOAD: Final = MAX_READ_DATA - 4
MAX_NEXT_PAYLOAD: Final = MAX_READ_DATA - 5

_tuple = tuple.__new__  # builds a named tuple in half the time of its own constructor
_DI_SIZE: Final = 4
_LAST_SEQUENCE: Final = 255
_NO_IDENTIFIER_BACK: Final = frozenset({functions.WRITE, functions.WRITE_1997})
_IDENTIFIER_SIZE: Final = {**functions.IDENTIFIER_SIZE_1997, **functions.IDENTIFIER_SIZE_2007}


def read_reply(request: Frame, payload: bytes, *, address: str | None = None) -> list[Frame]:
    """All frames that answer a read; item n answers follow-up n, item 0 the first request.

    `address` is the meter's own, for a request that came with a wildcard.
    """
    sender = address or request.address
    di = request.data[:_DI_SIZE]
    pieces = [payload[:MAX_FIRST_PAYLOAD]]
    pieces += [payload[at : at + MAX_NEXT_PAYLOAD] for at in range(MAX_FIRST_PAYLOAD, len(payload), MAX_NEXT_PAYLOAD)]
    if len(pieces) - 1 > _LAST_SEQUENCE:
        raise LocalProtocolError(f"{len(payload)} bytes do not fit 255 follow-up frames")
    frames = []
    for sequence, piece in enumerate(pieces):
        function = functions.READ_FOLLOW_UP if sequence else functions.READ
        more = functions.MORE_FOLLOWS if sequence < len(pieces) - 1 else 0
        tail = bytes([sequence]) if sequence else b""
        frames.append(Frame(sender, function | functions.FROM_METER | more, di + piece + tail))
    return frames


def error_reply(request: Frame, word: int, *, address: str | None = None) -> Frame:
    """A refusal: the request's function with the error bit, and one ERR byte."""
    control = functions.FROM_METER | functions.REFUSED | request.function
    return Frame(address or request.address, control, bytes([word]))


def address_reply(address: str) -> Frame:
    return Frame(address, functions.READ_ADDRESS | functions.FROM_METER, address_to_wire(address))


def answers(request: Frame, reply: Frame) -> bool:
    """Whether the reply belongs to this request: its function, its meter, its identifier, its sequence.

    An echo, a late reply and a stranger's reply do not.
    """
    control = reply.control
    if not control & functions.FROM_METER or (control ^ request.control) & functions.FUNCTION_MASK:
        return False
    if request.address != reply.address and not address_matches(request.address, reply.address):
        return False
    return bool(control & functions.REFUSED) or _same_identifier(request, reply)


def address_matches(requested: str, heard: str) -> bool:
    """Equal, or a real address covered by the wildcard asked for (AA pairs on the high side, or all 99)."""
    if requested == heard:
        return True
    if not heard.isdecimal() or heard == BROADCAST_ADDRESS:
        return False
    if requested in (WILDCARD_ADDRESS, BROADCAST_ADDRESS):
        return True
    return requested.startswith("AA") and heard.endswith(requested.lstrip("A"))


@dataclass(frozen=True, slots=True)
class NotTheAnswer:
    """An echo, a late reply, another meter's or another item's reply: keep listening."""


@dataclass(frozen=True, slots=True)
class AskNext:
    """Send this follow-up request; send the same again where it stays unanswered."""

    request: Frame


@dataclass(frozen=True, slots=True)
class Refused:
    """The meter answered that it will not. `word` is the ERR byte, None where it sent none."""

    word: int | None
    reasons: tuple[str, ...]


class Complete(NamedTuple):
    """The data of all pieces, without identifiers and sequences. `address` is the one the meter gave."""

    address: str
    payload: bytes


Outcome = NotTheAnswer | AskNext | Refused | Complete


class ReplyAssembler:
    """Feed it every frame heard after the request was sent."""

    def __init__(self, request: Frame) -> None:
        self._pending = request
        self._sequence = 0
        self._payload = b""

    @property
    def pending(self) -> Frame:
        """The request that waits for an answer now: send it (again)."""
        return self._pending

    def accept(self, reply: Frame) -> Outcome:
        return self.take(reply) if answers(self._pending, reply) else NotTheAnswer()

    def answers(self, reply: Frame) -> bool:
        """Whether the frame answers what is pending now."""
        return answers(self._pending, reply)

    def take(self, reply: Frame) -> AskNext | Refused | Complete:
        """The same as `accept` for a frame of which the caller knows that it answers."""
        control = reply.control
        if control & functions.REFUSED:
            word = error_word.error_word(reply)
            return Refused(word, error_word.reasons(word or 0))
        function = control & functions.FUNCTION_MASK
        di_size = _IDENTIFIER_SIZE.get(function, 0)
        self._payload += reply.data[di_size:-1] if function == functions.READ_FOLLOW_UP else reply.data[di_size:]
        if not control & functions.MORE_FOLLOWS:
            return _tuple(Complete, (reply.address, self._payload))
        if self._sequence == _LAST_SEQUENCE:
            raise RemoteProtocolError(f"meter {reply.address} announces more than 255 follow-up frames")
        self._sequence += 1
        self._pending = _follow_up(reply, self._sequence)
        return AskNext(self._pending)


def _same_identifier(request: Frame, reply: Frame) -> bool:
    function = request.control & functions.FUNCTION_MASK
    size = _IDENTIFIER_SIZE.get(function, 0)
    if function == functions.READ_FOLLOW_UP and request.data[size:] != reply.data[size:][-1:]:
        return False
    return function in _NO_IDENTIFIER_BACK or request.data[:size] == reply.data[:size]


def _follow_up(piece: Frame, sequence: int) -> Frame:
    if piece.function in functions.IDENTIFIER_SIZE_1997:  # the 1997 edition counts no sequence
        return Frame(piece.address, functions.READ_FOLLOW_UP_1997, piece.data[:2])
    return read_follow_up(piece.address, di_from_wire(piece.data[:_DI_SIZE]), sequence)
