"""One meter's side of DL/T 698.45: a request frame to a reply frame, or to silence. No bus, no bytes, no log.

It answers GET of one object and of a list; whatever else is asked, writing and switching included, is not supported. An
answer longer than `largest_apdu` goes out in pieces, each when the one before is confirmed.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from protocols.dlt698 import Fragment, Frame, Piece, ServerAddress, apdu
from protocols.dlt698.frame import SPLIT, fragment_of, fragment_to_data
from protocols.errors import RemoteProtocolError
from simulators.faces.dlt698_objects import tell
from simulators.meter import SimulatedMeter
from simulators.witness import Truth

ASKED, ANSWER = 0x43, 0xC3
OBJECT_UNDEFINED = 4
CANNOT_PARSE, NOT_SUPPORTED = 1, 2
ERROR_RESPONSE = 0xEE
NOTHING_ELSE = b"\x00\x00"  # no report along with it, no time tag
LARGEST_APDU = 512


@dataclass(frozen=True, slots=True)
class Answer:
    """`frame` is None where the meter stays silent."""

    frame: Frame | None = None
    truths: tuple[Truth, ...] = field(default=())


SILENCE = Answer()


class Dlt698Meter:
    """Keeps the pieces of a long answer that are still to be fetched."""

    def __init__(self, meter: SimulatedMeter, largest_apdu: int = LARGEST_APDU) -> None:
        self.meter = meter
        self._largest = largest_apdu
        self._pieces: tuple[bytes, ...] = ()

    def answer(self, request: Frame, at: datetime) -> Answer:
        """Only what a client begins is answered."""
        if request.control == ASKED | SPLIT:
            return self._next_piece(request)
        if request.control != ASKED:
            return SILENCE
        said, truths = self._say(request.data, at)
        self._pieces = tuple(said[at : at + self._largest] for at in range(0, len(said), self._largest))
        if len(self._pieces) == 1:
            return Answer(self._frame(request, said), truths)
        return Answer(self._piece(request, 0), truths)

    def _say(self, message: bytes, at: datetime) -> tuple[bytes, tuple[Truth, ...]]:
        try:
            asked = apdu.parse(message)
        except RemoteProtocolError:
            return bytes((ERROR_RESPONSE, message[2] if len(message) > 2 else 0, CANNOT_PARSE)), ()
        if asked.tag != apdu.GET_REQUEST or asked.choice not in (apdu.NORMAL, apdu.LIST):
            return bytes((ERROR_RESPONSE, asked.piid or 0, NOT_SUPPORTED)), ()
        results, registers = b"", dict[str, Decimal]()
        for item in asked.items:
            told = tell(self.meter, item.oad, at)
            results += bytes.fromhex(item.oad)
            results += b"\x01" + told.data if told is not None else bytes((0, OBJECT_UNDEFINED))
            registers |= told.registers if told is not None else {}
        count = bytes((len(asked.items),)) if asked.choice == apdu.LIST else b""
        head = bytes((apdu.GET_RESPONSE, asked.choice, asked.piid or 0))
        return head + count + results + NOTHING_ELSE, (Truth(at, registers),) if registers else ()

    def _next_piece(self, request: Frame) -> Answer:
        """What follows the piece that is confirmed; the same again where the confirmation is repeated."""
        try:
            confirmed = fragment_of(request)
        except RemoteProtocolError:
            return SILENCE
        number = confirmed.number + 1
        if confirmed.piece is not Piece.CONFIRM or number >= len(self._pieces):
            return SILENCE
        return Answer(self._piece(request, number))

    def _piece(self, request: Frame, number: int) -> Frame:
        last = len(self._pieces) - 1
        piece = Piece.LAST if number == last else Piece.MIDDLE if number else Piece.FIRST
        return self._frame(request, fragment_to_data(Fragment(number, piece, self._pieces[number])), ANSWER | SPLIT)

    def _frame(self, request: Frame, data: bytes, control: int = ANSWER) -> Frame:
        own = ServerAddress(self.meter.address, logical=request.server.logical)
        return Frame(control, own, request.client, data)
