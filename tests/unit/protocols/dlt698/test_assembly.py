"""Split frames: put together in order, from one peer, within bounds."""

from __future__ import annotations

import pytest

from protocols.dlt698 import Assembler, Fragment, Frame, Piece, ServerAddress, confirm_fragment
from protocols.dlt698.assembly import MAX_APDU
from protocols.dlt698.describe import describe_line
from protocols.dlt698.frame import SPLIT, encode, fragment_of, fragment_to_data
from protocols.errors import RemoteProtocolError

APDU = bytes.fromhex("8501000010020101060001E2400000")
METER = ServerAddress("000000000001")


def piece(number: int, kind: Piece, data: bytes = b"") -> Frame:
    return Frame(0xC3 | SPLIT, METER, 0x10, fragment_to_data(Fragment(number, kind, data)))


PIECES = [piece(0, Piece.FIRST, APDU[:5]), piece(1, Piece.MIDDLE, APDU[5:9]), piece(2, Piece.LAST, APDU[9:])]


def test_pieces_become_the_message_and_a_repeated_one_changes_nothing() -> None:
    assembler = Assembler()
    first, middle, last = PIECES
    assert [assembler.take(frame) for frame in (first, first, middle, middle)] == [None] * 4
    assert assembler.take(piece(1, Piece.CONFIRM)) is None
    assert assembler.take(last) == APDU
    with pytest.raises(RemoteProtocolError, match="first piece is missing"):
        assembler.take(last)


def test_a_whole_frame_is_its_own_message_and_ends_what_was_begun() -> None:
    assembler = Assembler()
    assembler.take(PIECES[0])
    assert assembler.take(Frame(0xC3, METER, 0x10, APDU)) == APDU
    with pytest.raises(RemoteProtocolError, match="missing"):
        assembler.take(PIECES[1])


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        (PIECES[2], "piece 2 of a split APDU, expected 1"),
        (PIECES[1]._replace(server=ServerAddress("000000000002")), "two peers"),
        (PIECES[1]._replace(client=0x11), "two peers"),
        (PIECES[1]._replace(control=0x43 | SPLIT), "two peers"),
        (PIECES[1]._replace(data=b"\x01"), "no fragment header"),
    ],
)
def test_what_does_not_fit_is_an_error(frame: Frame, problem: str) -> None:
    assembler = Assembler()
    assembler.take(PIECES[0])
    with pytest.raises(RemoteProtocolError, match=problem):
        assembler.take(frame)


def test_numbers_wrap_and_the_whole_is_bounded() -> None:
    assembler = Assembler()
    assembler.take(piece(4095, Piece.FIRST, b"a"))
    assert assembler.take(piece(0, Piece.LAST, b"b")) == b"ab"
    assembler.take(piece(0, Piece.FIRST, bytes(10_000)))
    with pytest.raises(RemoteProtocolError, match=f"more than {MAX_APDU}"):
        for number in range(1, 20):
            assembler.take(piece(number, Piece.MIDDLE, bytes(10_000)))
    assembler.take(PIECES[0])
    with pytest.raises(RemoteProtocolError, match="pieces"):
        for number in range(1, 4000):
            assembler.take(piece(number, Piece.MIDDLE))


def test_a_confirmation_goes_back_to_the_sender() -> None:
    frame = confirm_fragment(PIECES[0], 0)
    assert (frame.control, frame.server, frame.client) == (0x43 | SPLIT, METER, 0x10)
    assert fragment_of(frame) == Fragment(0, Piece.CONFIRM)


def test_a_line_with_all_pieces_tells_the_value_with_the_last() -> None:
    line = b"".join(encode(frame) for frame in PIECES).hex()
    told = describe_line(line)
    assert [frame.valid for frame in told] == [True] * 3
    assert [[f.text for f in frame.fields] for frame in told[:2]] == [["0", "first"], ["1", "middle"]]
    assert (told[2].reading_type, told[2].value, told[2].unit) == ("active_energy_import", "1234.56", "kWh")


def test_a_lone_piece_is_valid_and_says_what_is_missing() -> None:
    (told,) = describe_line(encode(PIECES[2]).hex())
    assert (told.valid, told.value) == (True, None)
    assert told.problem == "piece 2 of a split APDU whose first piece is missing"
