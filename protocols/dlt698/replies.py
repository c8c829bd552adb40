"""Which frames answer a GET-Request, and what they say in whole: pieces confirmed, blocks asked for, wrappers opened.

One conversation about one request. It sends nothing: `pending` is what the caller puts on the line next. A frame that
is not for this request (another meter, client, number or form, a piece or block out of turn) is no answer to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from protocols.dlt698 import apdu, dar, sessions
from protocols.dlt698.apdu import Apdu, Item
from protocols.dlt698.assembly import Assembler
from protocols.dlt698.frame import Frame, Piece, fragment_of
from protocols.dlt698.layouts import Reader
from protocols.dlt698.requests import answers, confirm_fragment, get_next, is_from_asked
from protocols.dlt698.wording import problem_of
from protocols.errors import RemoteProtocolError

MAX_BLOCKS: Final = 256
_NUMBERS: Final = 4096
_FIRST_BLOCKS: Final = (0, 1)
_NUMBER_MASK: Final = 0x3F
_PLAIN, _REFUSED = 0, 2


@dataclass(frozen=True, slots=True)
class Complete:
    """Everything that was told, in the order of the meter; an item may be a refusal of its own."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The whole request was refused, in words."""

    reason: str


class ReplyAssembler:
    """One request until its whole answer. After Complete, Refused or an error it is done with."""

    def __init__(self, request: Frame) -> None:
        self.pending = request
        self._request = request
        self._pieces = Assembler()
        self._piece: int | None = None
        self._block: int | None = None
        self._blocks = 0
        self._items: list[Item] = []

    def answers(self, frame: Frame) -> bool:
        """Whether this frame answers what is pending."""
        if not is_from_asked(self._request, frame):
            return False
        if not frame.is_split:
            return self._piece is None and self._begins(frame.data)
        try:
            fragment = fragment_of(frame)
        except RemoteProtocolError:
            return False
        if self._piece is None:
            return fragment.piece is Piece.FIRST and self._begins(fragment.data)
        is_more = fragment.piece in (Piece.MIDDLE, Piece.LAST)
        return is_more and fragment.number == (self._piece + 1) % _NUMBERS

    def take(self, frame: Frame) -> Complete | Refused | None:
        """What the answer makes of it; None: put `pending` on the line and listen again. RemoteProtocolError."""
        message = self._pieces.take(frame)
        if message is None:
            self._piece = fragment_of(frame).number
            self.pending = confirm_fragment(frame, self._piece)
            return None
        self._piece = None
        return self._understand(_opened(apdu.parse(message)))

    def _begins(self, said: bytes) -> bool:
        """Whether a message that begins so is about the pending request."""
        said = _unwrapped(said)
        if said[:2] == bytes((apdu.SECURITY_RESPONSE, _REFUSED)):
            return True  # it bears no number
        if len(said) < 3 or said[0] == sessions.ERROR_OF_SERVER:
            return len(said) >= 3 and self._is_number(said[1])
        if said[:2] == bytes((apdu.GET_RESPONSE, apdu.NEXT)):
            return self._is_number(said[2]) and self._is_next_block(said)
        return self._block is None and answers(self._request, _whole(self._request, said))

    def _is_number(self, piid: int) -> bool:
        return (piid ^ self._request.data[2]) & _NUMBER_MASK == 0

    def _is_next_block(self, said: bytes) -> bool:
        number = int.from_bytes(said[4:6], "big")
        return number in _FIRST_BLOCKS if self._block is None else number == self._block + 1

    def _understand(self, message: Apdu) -> Complete | Refused | None:
        if message.tag == sessions.ERROR_OF_SERVER:
            return Refused(dict(message.facts)["error"])
        if message.dar is not None:
            return Refused(dar.words(message.dar))
        problem = "the answer's form is not known" if message.undecoded else problem_of(message)
        if problem:  # a datum that is a byte too short swallows one of the trailer's, and shows only there
            raise RemoteProtocolError(problem)
        self._items += message.items
        if message.block is None or message.block[1]:
            return Complete(tuple(self._items))
        self._block = message.block[0]
        self._blocks += 1
        if self._blocks > MAX_BLOCKS:
            raise RemoteProtocolError(f"an answer of more than {MAX_BLOCKS} blocks")
        following = get_next(self._request.server.digits, self._block, number=self._request.data[2] & _NUMBER_MASK)
        self.pending = self._request._replace(data=following.data)
        return None


def _opened(message: Apdu) -> Apdu:
    return message.inner if message.inner is not None else message


def _unwrapped(said: bytes) -> bytes:
    """What a plain security wrapper begins with; its MAC proves nothing to us, who have no keys."""
    if said[:2] != bytes((apdu.SECURITY_RESPONSE, _PLAIN)):
        return said
    reader = Reader(said[2:])
    try:
        reader.length()
    except RemoteProtocolError:
        return b""
    return reader.take(reader.left)


def _whole(request: Frame, said: bytes) -> Frame:
    """The message as if it came in one frame."""
    return Frame(request.control | 0x80, request.server, request.client, said)
