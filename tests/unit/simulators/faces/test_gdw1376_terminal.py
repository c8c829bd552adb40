"""The simulated terminal against the decoder of the other side: what it tells, denies, repeats and throws away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from protocols import dlt645, gdw1376
from protocols.gdw1376 import frame as frames
from protocols.gdw1376.data_units import Unit
from protocols.gdw1376.replies import Dialect, answers, confirm_all, confirm_link, denied
from simulators.faces.gdw1376_dialling import CONFIRM_S, TRIES, Dialling
from simulators.faces.gdw1376_terminal import SimulatedTerminal
from simulators.fleet import FleetPlan, build_fleet
from simulators.meter import SimulatedMeter
from simulators.witness import Witness

METERS: tuple[SimulatedMeter, ...] = build_fleet(FleetPlan(3))
MASTER = gdw1376.Terminal("4403", 256)
TURN = gdw1376.Turn(5)


class Time:
    """Moved by hand."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 5, 4, 30, 20, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


def new_terminal(now: Time | None = None) -> SimulatedTerminal:
    return SimulatedTerminal(("4403", 256), METERS, now=now or Time(), witness=Witness())


def ask(terminal: SimulatedTerminal, request: gdw1376.Frame) -> gdw1376.Frame | None:
    """The one frame that comes back, or none."""
    said = terminal.receive(gdw1376.encode(request))
    assert len(said) <= 1
    return gdw1376.parse(said[0]) if said and isinstance(said[0], bytes) else None


def told(terminal: SimulatedTerminal, request: gdw1376.Frame) -> Unit:
    reply = ask(terminal, request)
    assert reply is not None
    assert answers(request, reply)
    content = gdw1376.read(reply)
    assert content.problem is None
    return content.units[0]


def numbers(unit: Unit) -> dict[str, Decimal | None]:
    return {value.name: value.number for value in unit.values}


def test_the_moment_is_that_of_the_meter() -> None:
    now = Time()
    unit = told(new_terminal(now), gdw1376.read_current(MASTER, (2,), (25,), TURN))
    at = now().replace(second=0)
    snapshot = METERS[1].snapshot(at)
    values = numbers(unit)
    assert values["active_power"] == Decimal(snapshot.active_w).scaleb(-3)
    assert values["voltage_l1"] == snapshot.phases[0].voltage_v
    assert values["power_factor"] == snapshot.power_factor * 100
    assert unit.values[0].text == "2026-03-05 12:30"
    lacks = [
        name for phase in range(len(snapshot.phases) + 1, 4) for name in (f"voltage_l{phase}", f"current_l{phase}")
    ]
    assert all(values[name] is None for name in lacks)


@pytest.mark.parametrize("function", [33, 34, *range(129, 137)])
def test_registers_are_those_of_the_meter(function: int) -> None:
    now = Time()
    values = numbers(told(new_terminal(now), gdw1376.read_current(MASTER, (1,), (function,), TURN)))
    energy = METERS[0].energy(now().replace(second=0))
    registers = {name: value for name, value in values.items() if "energy" in name}
    assert registers
    assert registers == {name: energy.register(name) for name in registers}


def test_a_day_is_its_end() -> None:
    now = Time()
    request = gdw1376.read_history(MASTER, 1, 161, {"day": "2026-03-04"}, TURN)
    values = numbers(told(new_terminal(now), request))
    record = METERS[0].daily_freeze(1, now())
    assert record is not None
    assert values["active_energy_import"] == record.energy.register("active_energy_import")


@pytest.mark.parametrize("day", ["2026-03-05", "2026-03-06", "2026-01-01"])
def test_a_day_that_is_not_over_or_forgotten_is_denied(day: str) -> None:
    request = gdw1376.read_history(MASTER, 1, 161, {"day": day}, TURN)
    reply = ask(new_terminal(), request)
    assert reply is not None
    assert denied(request, reply)


@pytest.mark.parametrize("function", [81, 85, 89, 92, 101, 104])
def test_a_curve_ends_where_the_future_begins(function: int) -> None:
    when = {"start": "2026-03-05 12:00", "density": 1, "points": 5}
    unit = told(new_terminal(), gdw1376.read_history(MASTER, 1, function, when, TURN))
    points = [value.number for value in unit.values if value.name[-2:] in ("_1", "_2", "_3", "_4", "_5")]
    assert [point is not None for point in points] == [True, True, True, False, False]


def test_the_meter_file_tells_address_and_port() -> None:
    unit = told(new_terminal(), gdw1376.query_meter_file(MASTER, (1, 3, 9), TURN))
    values = {value.name: value.text for value in unit.values}
    assert (values["meters"], values["meter_address_2"], values["port_2"]) == ("2", METERS[2].address, "2")
    assert values["protocol_type_1"] == "30"


def test_its_parameters_clock_and_events() -> None:
    terminal = new_terminal()
    assert told(terminal, gdw1376.query_parameters(MASTER, (0,), (1,), TURN)).values[-1].text == "15"
    clock = told(terminal, gdw1376.read_current(MASTER, (0,), (2,), gdw1376.Turn(6)))
    assert clock.values[0].text == "2026-03-05 12:30:20"
    events = told(terminal, gdw1376.read_events(MASTER, 1, (0, 1), gdw1376.Turn(7)))
    assert [value.text for value in events.values if value.name.startswith("event_text")] == [
        "terminal power off or on"
    ]


def test_news_are_shown_until_they_are_read() -> None:
    terminal = new_terminal()
    first = ask(terminal, gdw1376.read_current(MASTER, (0,), (2,), gdw1376.Turn(1)))
    ask(terminal, gdw1376.read_events(MASTER, 1, (0, 1), gdw1376.Turn(2)))
    second = ask(terminal, gdw1376.read_current(MASTER, (0,), (2,), gdw1376.Turn(3)))
    assert first is not None
    assert second is not None
    assert (first.has_events, second.has_events) == (True, False)


def test_a_meter_is_reached_through_its_port_only() -> None:
    inner = dlt645.encode(dlt645.read("000000000002", "00010000"))
    terminal = new_terminal()
    replies = [
        bytes.fromhex(told(terminal, gdw1376.forward(MASTER, gdw1376.Port(port), inner, TURN)).values[-1].text)
        for port in (2, 3)
    ]
    (event,) = dlt645.Connection().receive(replies[0])
    assert isinstance(event, dlt645.FrameReceived)
    assert event.frame.address == "000000000002"
    assert replies[1] == b""


@pytest.mark.parametrize("afn", [0x01, 0x04, 0x05, 0x06, 0x0F])
def test_whatever_sets_or_controls_is_denied(afn: int) -> None:
    request = gdw1376.read_current(MASTER, (1,), (1,), TURN)._replace(afn=afn)
    request = request._replace(data=request.data + bytes(16))
    reply = ask(new_terminal(), request)
    assert reply is not None
    assert denied(request, reply)


def test_what_it_lacks_is_denied() -> None:
    for point, function in ((9, 129), (1, 3), (0, 99)):
        request = gdw1376.read_current(MASTER, (point,), (function,), TURN)
        reply = ask(new_terminal(), request)
        assert reply is not None
        assert denied(request, reply)


def test_frames_for_others_are_not_answered() -> None:
    request = gdw1376.read_current(MASTER, (1,), (129,), TURN)
    for foreign in (
        request._replace(terminal=257),
        request._replace(district="4404"),
        request._replace(a3=request.a3 | 1),
        request._replace(control=request.control | 0x80),
    ):
        assert ask(new_terminal(), foreign) is None


def test_a_repetition_gets_the_same_answer_and_a_new_question_a_new_one() -> None:
    now = Time()
    terminal = new_terminal(now)
    request = gdw1376.read_current(MASTER, (0,), (2,), TURN)
    counted = request._replace(control=frames.down(11, count_bit=True))
    first = ask(terminal, counted)
    now.at += timedelta(seconds=30)
    assert ask(terminal, counted) == first
    assert ask(terminal, counted._replace(control=frames.down(11, count_bit=False))) != first


@pytest.mark.parametrize(("late_s", "is_answered"), [(0, True), (299, True), (301, False)])
def test_a_stale_request_is_thrown_away(late_s: int, is_answered: bool) -> None:
    now = Time()
    tag = gdw1376.TimeTag(7, "05 12:30:20", 5)
    request = gdw1376.read_current(MASTER, (1,), (129,), gdw1376.Turn(5, time_tag=tag))
    now.at += timedelta(seconds=late_s)
    assert (ask(new_terminal(now), request) is not None) is is_answered


def test_a_tag_without_delay_never_ends_and_midnight_is_no_edge() -> None:
    now = Time()
    never = gdw1376.TimeTag(7, "01 00:00:00", 0)
    assert ask(new_terminal(now), gdw1376.read_current(MASTER, (1,), (129,), gdw1376.Turn(5, time_tag=never)))
    now.at = datetime(2026, 3, 31, 16, 1, tzinfo=UTC)  # 1 April 00:01 in Shanghai
    fresh = gdw1376.TimeTag(7, "31 23:59:00", 5)
    assert ask(new_terminal(now), gdw1376.read_current(MASTER, (1,), (129,), gdw1376.Turn(5, time_tag=fresh)))


def dialling(heartbeat_s: float = 60) -> Dialling:
    return Dialling(new_terminal(), heartbeat_s)


@pytest.mark.parametrize("dialect", list(Dialect))
def test_either_dialect_confirms_the_login_and_the_report_follows(dialect: Dialect) -> None:
    caller = dialling()
    login = gdw1376.parse(caller.connected(0.0))
    (report,) = caller.receive(gdw1376.encode(confirm_link(login, dialect)), 1.0)
    assert caller.is_logged_in
    frame = gdw1376.parse(report)
    assert (frame.afn, frame.wants_confirmation, frame.is_primary) == (0x0E, True, True)
    caller.receive(gdw1376.encode(confirm_all(frame)), 2.0)
    assert caller.tick(61.0) == []
    (heartbeat,) = caller.tick(62.5)
    assert gdw1376.parse(heartbeat).data == bytes.fromhex("00000400")


def test_another_sequence_confirms_nothing() -> None:
    caller = dialling()
    login = gdw1376.parse(caller.connected(0.0))
    wrong = confirm_link(login._replace(seq=login.seq ^ 1), Dialect.EACH)
    assert caller.receive(gdw1376.encode(wrong), 1.0) == []
    assert not caller.is_logged_in


def test_what_is_not_confirmed_is_repeated_and_then_given_up() -> None:
    caller = dialling()
    login = caller.connected(0.0)
    repeated = [sent for second in range(100) for sent in caller.tick(float(second))]
    assert repeated == [login] * (TRIES - 1)
    assert caller.is_hopeless
    assert CONFIRM_S * TRIES < 100


def test_it_dials_later_and_later_until_a_login_succeeds() -> None:
    caller = dialling()
    waits = []
    for _ in range(9):
        caller.connected(0.0)
        waits.append(caller.disconnected())
    assert waits == sorted(waits)
    assert waits[-1] == waits[-2] <= 60
    caller.receive(gdw1376.encode(confirm_link(gdw1376.parse(caller.connected(0.0)), Dialect.EACH)), 0.0)
    assert caller.disconnected() < waits[0]
