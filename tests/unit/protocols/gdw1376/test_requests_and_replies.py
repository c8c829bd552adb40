"""What masters ask and terminals answer: built byte for byte as published, and matched to each other."""

import ast
from pathlib import Path

import pytest

from protocols.errors import LocalProtocolError
from protocols.gdw1376 import (
    Dialect,
    EventCounters,
    Frame,
    Port,
    Terminal,
    TimeTag,
    Turn,
    Units,
    answers,
    confirm_link,
    control_frames,
    data_reply,
    encode,
    forward,
    link_function,
    query_meter_file,
    query_parameters,
    read,
    read_current,
    read_events,
    read_history,
    replies,
    set_parameters,
)
from protocols.gdw1376.functions.link import HEARTBEAT, LOGIN
from tests.unit.protocols.gdw1376.line import frames_of
from tests.vectors.gdw1376 import load

RAW = {vector.name: vector.raw for vector in load()}
TERMINAL = Terminal("0200", 0x1234, master=2)
BROADCAST = Terminal("0000", 0xFFFF, master=16)
METER_FILE = {
    "meters": 1, "index_1": 1, "measuring_point_1": 2, "port_1": 2, "rate_1": 3, "protocol_type_1": 30,
    "meter_address_1": "151230011061", "meter_password_1": "000000000000", "tariff_count_1": 4, "decimals_1": 2,
    "integer_digits_1": 6, "collector_address_1": "000000000000", "user_subclass_1": 1, "user_class_1": 2,
}  # fmt: skip


def heard(name: str) -> Frame:
    (frame,) = frames_of(RAW[name])
    return frame


def grouped(frame: Frame) -> Frame:
    """That publisher's broadcasts set the group bit."""
    return frame._replace(a3=frame.a3 | 1)


@pytest.mark.parametrize(("name", "function"), [("login-a", LOGIN), ("heartbeat-a", HEARTBEAT), ("login-h", LOGIN)])
def test_what_a_terminal_begins_is_known(name: str, function: int) -> None:
    assert link_function(heard(name)) == function


def test_a_login_of_the_wrong_direction_or_of_a_point_is_none() -> None:
    login = heard("login-a")
    assert link_function(login._replace(control=0x49)) is None
    assert link_function(login._replace(data=bytes.fromhex("01010100"))) is None
    assert link_function(heard("login-ack-f1")) is None


def test_a_login_is_confirmed_in_both_dialects() -> None:
    assert encode(confirm_link(heard("login-a"), Dialect.ALL)) == RAW["login-ack-f1"]
    login = Frame(0xC9, "7A12", 0x871D, 0, 0x02, 0x79, bytes.fromhex("00000100"))
    assert encode(confirm_link(login, Dialect.EACH)) == RAW["ack-f3"]


@pytest.mark.parametrize("dialect", Dialect)
def test_the_confirmation_answers_what_it_confirms(dialect: Dialect) -> None:
    login = heard("login-c")
    assert answers(login, confirm_link(login, dialect))
    assert not answers(heard("login-d"), confirm_link(login, dialect))


def test_a_read_is_built_as_published() -> None:
    turn = Turn(3, time_tag=TimeTag(4, "22 15:21:26", 5))
    assert encode(grouped(read_current(BROADCAST, [1], [25], turn))) == RAW["read-f25-req"]


def test_forwarding_is_built_as_published() -> None:
    inner = bytes.fromhex("68611001301215681104333334337B16")
    turn = Turn(0, time_tag=TimeTag(0, "21 23:51:13", 5))
    assert encode(forward(TERMINAL, Port(31), inner, turn)) == RAW["fwd645-read-req"]


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        (control_frames.trip(BROADCAST, 1, Turn(1, time_tag=TimeTag(2, "04 17:13:56", 5))), "trip-f1-p1"),
        (control_frames.protect(BROADCAST, 0, Turn(11, time_tag=TimeTag(12, "04 17:36:25", 5))), "protect-on-f25"),
        (control_frames.permit_close(BROADCAST, 1, Turn(0, time_tag=TimeTag(1, "04 17:12:23", 5))), "close-f2-p1"),
        (control_frames.end_protection(BROADCAST, Turn(12, time_tag=TimeTag(13, "04 17:37:40", 5))), "protect-off-f33"),
    ],
)
def test_control_is_built_as_published(frame: Frame, name: str) -> None:
    published = heard(name)  # its publisher sets FCB on some, with FCV 0
    assert encode(grouped(frame)._replace(control=published.control)) == RAW[name]
    assert frame.control | 0x20 == published.control | 0x20


def test_the_clock_is_set_with_its_weekday() -> None:
    frame = control_frames.set_clock(TERMINAL, "2018-12-14 09:14:30", Turn(1))
    assert read(frame).units[0].raw == bytes.fromhex("30140914B218")


def imports_of(source: str) -> set[str]:
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {f"{getattr(node, 'module', '')}.{alias.name}" for node in nodes for alias in node.names}


def test_nothing_that_ships_imports_the_control_frames() -> None:
    root = Path(__file__).parents[4]
    rooms = ("headend", "protocols", "collectors", "api", "simulators")
    guilty = [
        path
        for room in rooms
        for path in (root / room).rglob("*.py")
        if any("control_frames" in name for name in imports_of(path.read_text(encoding="utf-8")))
    ]
    assert guilty == []
    assert any("control_frames" in name for name in imports_of(Path(__file__).read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("frame", "afn", "data"),
    [
        (read_history(TERMINAL, 1, 161, {"day": "2024-05-31"}, Turn(1)), 0x0D, "01010114310524"),
        (
            read_history(TERMINAL, 1, 101, {"start": "2024-05-31 00:00", "density": 1, "points": 96}, Turn(1)),
            0x0D,
            "0101100C00003105240160",
        ),
        (read_events(TERMINAL, 1, (250, 3), Turn(1)), 0x0E, "00000100FA03"),
        (query_parameters(TERMINAL, [1, 2], [25], Turn(1)), 0x0A, "03010103"),
        (query_meter_file(TERMINAL, [1, 300], Turn(1)), 0x0A, "00000201020001002C01"),
    ],
)
def test_requests_for_data(frame: Frame, afn: int, data: str) -> None:
    assert (frame.afn, frame.is_up, frame.is_primary, frame.master) == (afn, False, True, 2)
    assert frame.data.hex().upper() == data
    assert read(frame).problem is None


@pytest.mark.parametrize("password", [b"", b"\x12\x34", bytes(range(16))])
def test_a_meter_file_is_set_behind_the_terminals_own_password(password: bytes) -> None:
    frame = set_parameters(Terminal("0200", 1, password=password), 0, 10, METER_FILE, Turn(5))
    content = read(frame, len(password))
    assert (content.problem, content.auxiliary.password) == (None, password)
    assert {value.name: value.text for value in content.units[0].values} == {n: str(q) for n, q in METER_FILE.items()}
    assert len(content.units[0].raw) == 2 + 27


def test_a_terminals_reply_is_read_back_and_answers() -> None:
    request = read_current(TERMINAL, [0], [2, 7], Turn(9))
    clock = Units((0,), (2,), {"terminal_clock": "2024-05-31 08:30:00"})
    counters = Units((0,), (7,), {"event_counter_important": 1, "event_counter_ordinary": 2})
    reply = data_reply(request, [clock, counters], events=EventCounters(3, 4))
    content = read(reply)
    assert answers(request, reply)
    assert [unit.values[0].text for unit in content.units] == ["2024-05-31 08:30:00", "1"]
    assert content.auxiliary.events == EventCounters(3, 4)


def test_only_the_right_reply_answers() -> None:
    request = read_current(TERMINAL, [1], [25], Turn(9))
    reply = data_reply(request, [])
    assert answers(request, reply)
    assert not answers(request, request)  # an echo
    for wrong in ({"seq": 0x61}, {"terminal": 1}, {"district": "0201"}, {"a3": 6}, {"afn": 0x0D}, {"control": 0xC8}):
        assert not answers(request, reply._replace(**wrong))


def test_denials_are_seen() -> None:
    request = read_current(TERMINAL, [1], [25], Turn(9))
    assert replies.denied(request, replies.deny_all(request))
    assert replies.denied(request, data_reply(request, [])._replace(control=0x89))
    assert not replies.denied(request, replies.confirm_all(request))
    assert not replies.denied(request, data_reply(request, []))


def test_what_cannot_be_built_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="layout not known"):
        set_parameters(TERMINAL, 0, 4, {}, Turn(1))
    with pytest.raises(LocalProtocolError, match="one by one"):
        query_parameters(TERMINAL, [0], [10, 11], Turn(1))
    with pytest.raises(LocalProtocolError, match="password"):
        Terminal("0200", 1, password=b"x")
    with pytest.raises(LocalProtocolError, match="128"):
        Terminal("0200", 1, master=128)
    with pytest.raises(LocalProtocolError, match="rate"):
        forward(TERMINAL, Port(31, baud_rate=115200), b"", Turn(1))


@pytest.mark.parametrize(
    "wrong",
    [{"district": "12"}, {"district": "12g4"}, {"terminal": 65536}, {"a3": 256}, {"afn": -1}, {"data": bytes(16376)}],
)
def test_a_frame_that_does_not_fit_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(LocalProtocolError):
        encode(heard("login-a")._replace(**wrong))


def test_the_longest_frame_comes_back() -> None:
    frame = Frame(0x88, "0200", 1, 4, 0x0F, 0x60, bytes(range(256)) * 63 + bytes(247))
    assert frames_of(encode(frame)) == [frame]
