"""Answers in several frames: whole or broken, never mixed, never without end."""

import pytest

from protocols.gdw1376 import Assembler, Broken, EventCounters, Frame, Message
from protocols.gdw1376.assembly import MAX_BYTES, MAX_FRAMES, MAX_MESSAGES
from protocols.gdw1376.frame import seq


def part(number: int, *, first: bool = False, final: bool = False, terminal: int = 1, data: bytes = b"") -> Frame:
    return Frame(0x88, "0200", terminal, 4, 0x0D, seq(number, first=first, final=final), data or bytes([number]))


def said(assembler: Assembler, *frames: Frame) -> list[Message | Broken]:
    return [event for frame in frames for event in assembler.add(frame)]


@pytest.mark.parametrize("numbers", [(14, 15, 0), (3, 3, 3)], ids=["counted up", "kept"])
def test_both_ways_of_numbering_become_one_message(numbers: tuple[int, int, int]) -> None:
    first = part(numbers[0], first=True, data=b"a")
    rest = part(numbers[1], data=b"b"), part(numbers[2], final=True, data=b"c")
    (message,) = said(Assembler(), first, *rest)
    assert isinstance(message, Message)
    assert (message.frame, message.units) == (first, b"abc")


def test_a_single_frame_is_a_message_with_its_tail() -> None:
    frame = Frame(0xA8, "0200", 1, 4, 0x0C, 0x60, b"unit\x01\x02")
    (message,) = said(Assembler(), frame)
    assert isinstance(message, Message)
    assert (message.units, message.auxiliary.events) == (b"unit", EventCounters(1, 2))


def test_a_gap_breaks_the_message_and_the_rest_has_no_first_frame() -> None:
    events = said(Assembler(), part(1, first=True), part(3), part(4, final=True))
    assert [getattr(event, "reason", None) for event in events] == ["sequence 3 after 1", "its first frame is missing"]


def test_repeated_frames_are_taken_once() -> None:
    first, middle, last = part(1, first=True), part(2), part(3, final=True)
    (message,) = said(Assembler(), first, first, middle, middle, last)
    assert isinstance(message, Message)
    assert message.units == b"\x01\x02\x03"


def test_terminals_are_kept_apart() -> None:
    frames = [part(1, first=True, terminal=n) for n in (1, 2)] + [part(2, final=True, terminal=n) for n in (2, 1)]
    assert [event.frame.terminal for event in said(Assembler(), *frames)] == [2, 1]


def test_a_new_answer_ends_the_old_one() -> None:
    first, second = said(Assembler(), part(1, first=True), part(5, first=True), part(6, final=True))
    assert isinstance(first, Broken) and isinstance(second, Message)


def test_memory_is_bounded() -> None:
    assembler = Assembler()
    events = said(assembler, *(part(1, first=True, terminal=n, data=bytes(16000)) for n in range(200)))
    assert all(isinstance(event, Broken) for event in events)
    assert len(assembler._begun) <= MAX_MESSAGES and assembler._size <= MAX_BYTES
    endless = said(Assembler(), part(0, first=True), *(part(n % 16) for n in range(1, MAX_FRAMES)))
    assert [getattr(event, "reason", None) for event in endless] == [f"more than {MAX_FRAMES} frames"]


def test_a_frame_without_its_tail_is_broken() -> None:
    (broken,) = said(Assembler(), Frame(0x88, "0200", 1, 4, 0x0D, 0xE0, b""))
    assert isinstance(broken, Broken)
