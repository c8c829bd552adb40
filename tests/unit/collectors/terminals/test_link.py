"""The master's side of a stream: who is believed, what is confirmed, and which reply answers."""

from __future__ import annotations

import pytest

from collectors.terminals.address import TerminalAddress
from collectors.terminals.link import (
    LONGEST_ANSWER,
    Alive,
    Answered,
    LinkEvent,
    LoggedIn,
    LoggedOut,
    Noise,
    Reported,
    Stray,
    TerminalLink,
)
from collectors.terminals.settings import TerminalSettings
from protocols import gdw1376
from protocols.errors import LocalProtocolError
from protocols.gdw1376 import frame as frames
from protocols.gdw1376.functions.link import ALL_CONFIRMED, EACH_CONFIRMED
from tests.unit.collectors.terminals.frames import (
    ADDRESS,
    HEARTBEAT,
    LOGIN,
    LOGOUT,
    OTHER,
    PUBLISHED,
    begun,
    link,
    parsed,
    question,
    reply,
)


def new_link(dialect: gdw1376.Dialect = gdw1376.Dialect.EACH) -> TerminalLink:
    return TerminalLink(lambda address: TerminalSettings(dialect))


def logged_in() -> TerminalLink:
    terminal = new_link()
    terminal.receive(link(LOGIN))
    terminal.outgoing()
    return terminal


def confirmations(terminal: TerminalLink) -> list[tuple[int, int]]:
    """Function and sequence of every confirmation that is to be sent."""
    return [
        (gdw1376.walk(frame.data, 0, is_up=False)[0][0].function, frame.sequence)
        for frame in parsed(terminal.outgoing())
        if frame.afn == 0
    ]


def kinds(events: list[LinkEvent]) -> list[type]:
    return [type(event) for event in events]


@pytest.mark.parametrize(
    ("dialect", "function"), [(gdw1376.Dialect.EACH, EACH_CONFIRMED), (gdw1376.Dialect.ALL, ALL_CONFIRMED)]
)
def test_a_login_is_confirmed_in_the_terminals_dialect(dialect: gdw1376.Dialect, function: int) -> None:
    terminal = new_link(dialect)
    assert terminal.receive(link(LOGIN, 9)) == [LoggedIn(ADDRESS)]
    assert confirmations(terminal) == [(function, 9)]


def test_a_published_login_gets_the_published_answer() -> None:
    terminal = new_link(gdw1376.Dialect.ALL)
    assert terminal.receive(PUBLISHED["login-a"]) == [LoggedIn(TerminalAddress("0200", 4660))]
    assert terminal.outgoing() == PUBLISHED["login-ack-f1"]


@pytest.mark.parametrize("name", ["login-a", "login-c", "login-d", "login-e", "login-f", "login-h", "login-k"])
def test_every_published_login_is_understood(name: str) -> None:
    terminal = new_link()
    assert kinds(terminal.receive(PUBLISHED[name])) == [LoggedIn]
    assert len(parsed(terminal.outgoing())) == 1


def test_a_first_heartbeat_says_who_it_is_too() -> None:
    assert new_link().receive(link(HEARTBEAT)) == [LoggedIn(ADDRESS)]


def test_heartbeats_and_logout_are_confirmed() -> None:
    terminal = logged_in()
    assert kinds(terminal.receive(link(HEARTBEAT, 2) + link(LOGOUT, 3))) == [Alive, LoggedOut]
    assert confirmations(terminal) == [(EACH_CONFIRMED, 2), (EACH_CONFIRMED, 3)]


def test_the_cuts_do_not_matter() -> None:
    stream = link(LOGIN) + link(HEARTBEAT, 2) + b"\x00\x68\x11" + link(HEARTBEAT, 3)
    whole = new_link()
    expected, sent = whole.receive(stream), whole.outgoing()
    assert kinds(expected) == [LoggedIn, Alive, Noise, Alive]
    for cut in range(1, len(stream)):
        terminal = new_link()
        assert terminal.receive(stream[:cut]) + terminal.receive(stream[cut:]) == expected
        assert terminal.outgoing() == sent
    single = new_link()
    assert [event for byte in stream for event in single.receive(bytes([byte]))] == expected


def test_a_login_in_the_direction_of_a_master_is_not_believed() -> None:
    frame = gdw1376.parse(link(LOGIN))
    terminal = new_link()
    events = terminal.receive(gdw1376.encode(frame._replace(control=frame.control & 0x7F)))
    assert kinds(events) == [Stray]
    assert terminal.address is None
    assert terminal.outgoing() == b""


def test_what_a_master_would_say_is_no_report_either() -> None:
    terminal = logged_in()
    frame = gdw1376.parse(begun(0x0E, b"\x00\x00\x01\x00\x01\x00\x00\x00", 4))
    events = terminal.receive(gdw1376.encode(frame._replace(control=frame.control & 0x7F)))
    assert kinds(events) == [Stray]
    assert terminal.outgoing() == b""


@pytest.mark.parametrize("number", [0, 0xFFFF])
def test_nobody_and_everybody_cannot_log_in(number: int) -> None:
    frame = gdw1376.parse(link(LOGIN))._replace(terminal=number)
    terminal = new_link()
    assert kinds(terminal.receive(gdw1376.encode(frame))) == [Stray]
    assert terminal.address is None


def test_before_the_login_nothing_else_is_answered() -> None:
    terminal = new_link()
    assert kinds(terminal.receive(begun(0x0E, b"\x00\x00\x01\x00\x01\x00\x00\x00"))) == [Stray]
    assert terminal.outgoing() == b""


def test_frames_of_another_terminal_are_strays() -> None:
    terminal = logged_in()
    request = question()
    terminal.ask(gdw1376.encode(request))
    terminal.outgoing()
    foreign = gdw1376.parse(reply(request))._replace(terminal=OTHER.number)
    assert kinds(terminal.receive(gdw1376.encode(foreign) + link(LOGIN, 2, OTHER))) == [Stray, Stray]
    assert terminal.address == ADDRESS
    assert terminal.outgoing() == b""


def test_the_answer_has_the_sequence_of_the_question() -> None:
    terminal = logged_in()
    request = question(5)
    terminal.ask(gdw1376.encode(request))
    late, right = reply(question(4), "1.0000"), reply(request, "2.0000")
    events = terminal.receive(late + right)
    assert kinds(events) == [Stray, Answered]
    assert events[1] == Answered(right)


def test_an_answer_comes_once() -> None:
    terminal = logged_in()
    request = question()
    terminal.ask(gdw1376.encode(request))
    assert kinds(terminal.receive(2 * reply(request))) == [Answered, Stray]


def test_what_nobody_waits_for_is_stray() -> None:
    terminal = logged_in()
    assert kinds(terminal.receive(reply(question()))) == [Stray]
    terminal.ask(gdw1376.encode(question()))
    terminal.forget()
    assert kinds(terminal.receive(reply(question()))) == [Stray]


def test_an_answer_that_wants_it_is_confirmed() -> None:
    terminal = logged_in()
    request = question(7)
    terminal.ask(gdw1376.encode(request))
    terminal.outgoing()
    terminal.receive(reply(request, confirm=True))
    assert confirmations(terminal) == [(ALL_CONFIRMED, 7)]


def in_parts(request: gdw1376.Frame, parts: int, *, step: int) -> list[bytes]:
    whole = gdw1376.parse(reply(request))
    size = -(-len(whole.data) // parts)
    return [
        gdw1376.encode(
            whole._replace(
                seq=frames.seq(request.sequence + step * n, first=n == 0, final=n == parts - 1),
                data=whole.data[n * size : (n + 1) * size],
            )
        )
        for n in range(parts)
    ]


@pytest.mark.parametrize("step", [0, 1])
def test_an_answer_of_several_frames_is_one(step: int) -> None:
    terminal = logged_in()
    request = question()
    terminal.ask(gdw1376.encode(request))
    pieces = in_parts(request, 3, step=step)
    assert terminal.receive(pieces[0] + pieces[1]) == []
    assert terminal.receive(pieces[2]) == [Answered(b"".join(pieces))]


def test_a_repeated_question_keeps_what_came_of_its_answer() -> None:
    terminal = logged_in()
    request = question()
    terminal.ask(gdw1376.encode(request))
    first, last = in_parts(request, 2, step=1)
    terminal.receive(first)
    terminal.ask(gdw1376.encode(request))
    assert terminal.receive(last) == [Answered(first + last)]


def test_an_answer_without_its_middle_is_none() -> None:
    terminal = logged_in()
    request = question()
    terminal.ask(gdw1376.encode(request))
    first, _, last = in_parts(request, 3, step=1)
    assert kinds(terminal.receive(first + last)) == [Stray]


def test_an_answer_without_an_end_is_given_up() -> None:
    terminal = logged_in()
    request = question()
    terminal.ask(gdw1376.encode(request))
    events: list[LinkEvent] = []
    for n in range(40):
        seq = frames.seq(request.sequence + n, first=n == 0, final=False)
        endless = gdw1376.parse(reply(request))._replace(seq=seq, data=bytes(16_000))
        events += terminal.receive(gdw1376.encode(endless))
    assert Stray in kinds(events)
    assert Answered not in kinds(events)
    assert sum(map(len, terminal._pieces)) <= LONGEST_ANSWER


def test_a_report_is_confirmed_as_often_as_it_comes_and_told_once() -> None:
    terminal = logged_in()
    report = begun(0x0E, b"\x00\x00\x01\x00\x01\x00\x00\x00", 4)
    assert kinds(terminal.receive(2 * report)) == [Reported, Stray]
    assert confirmations(terminal) == [(ALL_CONFIRMED, 4), (ALL_CONFIRMED, 4)]


def test_a_report_that_wants_no_confirmation_gets_none() -> None:
    terminal = logged_in()
    frame = gdw1376.parse(begun(0x0E, b"\x00\x00\x01\x00\x01\x00\x00\x00", 4))
    assert kinds(terminal.receive(gdw1376.encode(frame._replace(seq=frames.seq(4))))) == [Reported]
    assert terminal.outgoing() == b""


def test_half_a_frame_is_noise_after_silence_and_the_next_one_is_heard() -> None:
    terminal = logged_in()
    assert terminal.receive(link(HEARTBEAT)[:9]) == []
    assert kinds(terminal.line_idle()) == [Noise]
    assert kinds(terminal.receive(link(HEARTBEAT, 2))) == [Alive]


def test_bytes_that_are_no_frame_are_not_sent() -> None:
    terminal = logged_in()
    with pytest.raises(LocalProtocolError):
        terminal.ask(b"\x68\x00")
    with pytest.raises(LocalProtocolError):
        terminal.ask(gdw1376.encode(question()) + b"\x00")
    assert terminal.outgoing() == b""
