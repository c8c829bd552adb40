"""Sequence, count bit and time tag of requests."""

from __future__ import annotations

from datetime import datetime

from collectors.terminals.settings import TerminalSettings
from collectors.terminals.turns import Turns
from protocols import gdw1376
from protocols.gdw1376.auxiliary import split
from tests.unit.collectors.terminals.frames import ADDRESS, TERMINAL, question

NOW = datetime.fromisoformat("2026-11-24T08:15:30+08:00")


def turns(tp_delay_min: int | None = None) -> Turns:
    return Turns(tp_delay_min, lambda: NOW)


def test_the_sequence_rolls_and_the_count_bit_toggles() -> None:
    stamped = [turns_.stamp(question()) for turns_ in [turns()] for _ in range(33)]
    assert [frame.sequence for frame in stamped] == [n % 16 for n in range(33)]
    assert all(frame.frame_count_is_valid for frame in stamped)
    assert [frame.frame_count_bit for frame in stamped[:4]] == [True, False, True, False]
    assert {frame.data for frame in stamped} == {question().data}


def test_a_request_for_the_link_counts_nothing() -> None:
    frame = question()._replace(control=0x49)
    stamped = turns().stamp(frame)
    assert not stamped.frame_count_is_valid
    assert stamped.control == 0x49


def test_the_time_tag_counts_on_and_tells_local_time_and_delay() -> None:
    tagging = turns(5)
    for count in (*range(256), 0):
        frame = tagging.stamp(question())
        units, auxiliary = split(frame)
        assert auxiliary.time_tag == gdw1376.TimeTag(count, "24 08:15:30", 5)
        assert units == question().data
        assert frame.sequence == count % 16


def test_a_forwarded_request_keeps_its_password_before_the_tag() -> None:
    inner = bytes.fromhex("FE")
    for size in (0, 2, 16):
        terminal = TerminalSettings(password_size=size).addressed(ADDRESS)
        frame = turns(5).stamp(gdw1376.forward(terminal, gdw1376.Port(2), inner, gdw1376.Turn(0)))
        units, auxiliary = split(frame, size)
        assert len(auxiliary.password) == size
        assert units[-1:] == inner


def test_without_a_delay_there_is_no_tag() -> None:
    assert not turns().stamp(question()).has_time_tag


def test_a_terminal_of_2005_is_asked_in_its_own_edition() -> None:
    asking = turns()
    asking.edition = gdw1376.Edition.GDW130
    assert asking.stamp(gdw1376.read_current(TERMINAL, (1,), (25,), gdw1376.Turn(0))).edition is gdw1376.Edition.GDW130
