"""Split frames put together again: one APDU at a time, in order, from one peer, within bounds."""

from typing import Final

from protocols.dlt698.frame import Frame, Piece, fragment_of
from protocols.errors import RemoteProtocolError

MAX_APDU: Final = 65536
MAX_FRAGMENTS: Final = 1024
_NUMBERS: Final = 4096
_PEER_BITS: Final = 0xC0


class Assembler:
    """Takes the frames of one conversation. After any error the APDU begun is forgotten."""

    def __init__(self) -> None:
        self._first: Frame | None = None
        self._number = 0
        self._count = 0
        self._apdu = bytearray()

    def take(self, frame: Frame) -> bytes | None:
        """The whole APDU once `frame` completes it; None for a piece, a confirmation or a repeated piece."""
        if not frame.is_split:
            self._forget()
            return frame.data
        fragment = fragment_of(frame)
        if fragment.piece is Piece.CONFIRM:
            return None
        if fragment.piece is Piece.FIRST:
            self._forget()
            self._first = frame
        elif not self._continues(frame, fragment.number):
            return None
        self._number = fragment.number
        self._count += 1
        self._apdu += fragment.data
        if len(self._apdu) > MAX_APDU or self._count > MAX_FRAGMENTS:
            self._forget()
            raise RemoteProtocolError(f"a split APDU of more than {MAX_APDU} bytes or {MAX_FRAGMENTS} pieces")
        if fragment.piece is not Piece.LAST:
            return None
        apdu = bytes(self._apdu)
        self._forget()
        return apdu

    def _continues(self, frame: Frame, number: int) -> bool:
        """False for the last piece once more; anything but the next one is an error."""
        first, expected = self._first, (self._number + 1) % _NUMBERS
        if first is None:
            raise RemoteProtocolError(f"piece {number} of a split APDU whose first piece is missing")
        if _peer(frame) != _peer(first):
            self._forget()
            raise RemoteProtocolError("pieces of a split APDU from two peers")
        if number == self._number:
            return False
        if number != expected:
            self._forget()
            raise RemoteProtocolError(f"piece {number} of a split APDU, expected {expected}")
        return True

    def _forget(self) -> None:
        self._first = None
        self._count = 0
        self._apdu.clear()


def _peer(frame: Frame) -> tuple[object, ...]:
    return frame.server, frame.client, frame.control & _PEER_BITS
