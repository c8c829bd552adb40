"""What the driver of terminals asks and what it makes of answers, refusals and silence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from collectors.conversation import Answer, Ask, Conversation
from collectors.driver import Site
from collectors.drivers.gdw1376 import Gdw1376Driver
from collectors.terminals.messages import MessageParser
from collectors.terminals.profile import CurrentFunction, Curves, Gdw1376Profile
from headend import shipped
from headend.domain.collection import ItemError, MeterAnswer
from headend.domain.errors import NoAnswer
from headend.domain.metering import CustomerClass, Line, Meter, MeterInstallation, Protocol, UsagePoint
from headend.domain.quality import ReadingQuality
from headend.domain.readings import RawFrame, ReadingSource
from protocols import gdw1376
from protocols.gdw1376.replies import data_reply, deny_all

NOW = datetime(2026, 11, 24, 0, 15, 30, tzinfo=UTC)
ROOT = shipped.config_root()
TYPES = shipped.reading_types(ROOT)
PROFILES = shipped.profiles(ROOT, "gdw1376", Gdw1376Profile)
PROFILE = PROFILES["gdw1376-2013"]
DRIVER = Gdw1376Driver(PROFILES, Site(TYPES, ZoneInfo("Asia/Shanghai"), lambda: NOW))
LINE = Line(1, "gdw1376://0.0.0.0:7700/4403-00256?master=7")
METER = MeterInstallation(
    1,
    UsagePoint(1, "UP", CustomerClass.RESIDENTIAL),
    Meter(1, "A", Protocol.GDW1376, "gdw1376-2013", "1", LINE),
    NOW - timedelta(days=1),
)
Terminal = Callable[[gdw1376.Frame], gdw1376.Frame | None]


def converse(conversation: Conversation[MeterAnswer], terminal: Terminal) -> tuple[MeterAnswer, list[gdw1376.Frame]]:
    """What came of it, and all that was asked."""
    asked = []
    try:
        ask: Ask = next(conversation)
        while True:
            asked.append(gdw1376.parse(ask.request))
            reply = terminal(asked[-1])
            if reply is None:
                ask = conversation.throw(NoAnswer("no answer"))
                continue
            event = MessageParser().receive(gdw1376.encode(reply))[0]
            assert ask.answers(event)
            ask = conversation.send(Answer(event, RawFrame(ask.request, event.raw), NOW, NOW))
    except StopIteration as end:
        return end.value, asked


def telling(request: gdw1376.Frame, **quantities: object) -> gdw1376.Frame:
    unit = gdw1376.walk(request.data, request.afn, is_up=False)[0][0]
    return data_reply(request, [gdw1376.Units((unit.point,), (unit.function,), quantities)])  # type: ignore[arg-type]


def silent(request: gdw1376.Frame) -> None:
    return None


def read(*items: str, terminal: Terminal) -> tuple[MeterAnswer, list[gdw1376.Frame]]:
    return converse(DRIVER.read(METER, items, ReadingSource.ON_DEMAND), terminal)


def registers(request: gdw1376.Frame, read_at: str | None = "2026-11-24 08:15") -> gdw1376.Frame:
    return telling(request, read_at=read_at, tariffs=0, active_energy_import="123.45")


def test_one_function_is_asked_once_for_all_its_items() -> None:
    def terminal(request: gdw1376.Frame) -> gdw1376.Frame:
        tariffs = {f"active_energy_import_t{n}": f"{n}" for n in (1, 2)}
        return telling(request, read_at="2026-11-24 08:15", tariffs=2, active_energy_import="3", **tariffs)

    answer, asked = read("active_energy_import_t2", "1-0:1.8.0", "active_energy_import_t4", terminal=terminal)
    assert len(asked) == 1
    assert asked[0].master == 7
    assert [result.value for result in answer.results] == [Decimal(2), Decimal(3), None]
    assert answer.results[2].error is ItemError.NOT_PRESENT
    assert answer.results[0].measured_at == datetime(2026, 11, 24, 0, 15, tzinfo=UTC)


def test_a_value_without_a_time_is_stamped_and_marked() -> None:
    answer, _ = read("active_energy_import", terminal=lambda request: registers(request, None))
    assert answer.readings[0].qualities == {ReadingQuality.TIME_FROM_HEADEND}
    assert answer.readings[0].measured_at == NOW


def test_the_clock_is_the_terminals() -> None:
    answer, asked = read("clock", terminal=lambda request: telling(request, terminal_clock="2026-11-24 08:15:25"))
    assert answer.results[0].value == Decimal(-5)
    assert asked[0].data == bytes.fromhex("00000200")


def test_what_is_not_available_is_not_present() -> None:
    def terminal(request: gdw1376.Frame) -> gdw1376.Frame:
        return telling(request, read_at="2026-11-24 08:15", tariffs=0, active_energy_import=None)

    answer, _ = read("active_energy_import", terminal=terminal)
    assert answer.results[0].error is ItemError.NOT_PRESENT
    assert answer.readings == ()


def test_a_denial_is_a_refusal() -> None:
    answer, _ = read("active_energy_import", terminal=deny_all)
    assert answer.results[0].error is ItemError.REFUSED


def test_data_that_cannot_be_read_are_invalid() -> None:
    def terminal(request: gdw1376.Frame) -> gdw1376.Frame:
        return registers(request)._replace(data=registers(request).data[:-1])

    answer, _ = read("active_energy_import", terminal=terminal)
    assert answer.results[0].error is ItemError.INVALID_DATA
    assert answer.readings == ()


def test_silence_is_silence_and_soon_no_more_is_asked() -> None:
    answer, asked = read("clock", "active_power", "active_energy_import", "active_energy_export", terminal=silent)
    assert {result.error for result in answer.results} == {ItemError.NO_ANSWER}
    assert len(asked) == 3


def test_what_the_profile_lacks_is_not_supported() -> None:
    answer, asked = read("frequency", "00010000", terminal=silent)
    assert [result.error for result in answer.results] == [ItemError.NOT_SUPPORTED] * 2
    assert asked == []


def test_an_answer_about_another_point_or_function_is_not_taken() -> None:
    ask = next(DRIVER.read(METER, ["active_energy_import"], ReadingSource.ON_DEMAND))
    request = gdw1376.parse(ask.request)
    for point, function in ((2, 129), (1, 131)):
        other = gdw1376.read_current(gdw1376.Terminal("4403", 256, 7), (point,), (function,), gdw1376.Turn(0))
        name = "active_energy_import" if function == 129 else "active_energy_export"
        wrong = telling(other, **{"read_at": "2026-11-24 08:15", "tariffs": 0, name: "1"})
        assert not ask.answers(MessageParser().receive(gdw1376.encode(wrong))[0])
    assert ask.answers(MessageParser().receive(gdw1376.encode(registers(request)))[0])


def test_days_that_are_not_kept_are_not_asked() -> None:
    _, asked = converse(DRIVER.read_daily_freeze(METER, [0, 32]), silent)
    assert asked == []


def test_a_long_curve_is_asked_in_pieces() -> None:
    def terminal(request: gdw1376.Frame) -> gdw1376.Frame:
        asked = {value.name: value for value in gdw1376.walk(request.data, 0x0D, is_up=False)[0][0].values}
        function = gdw1376.walk(request.data, 0x0D, is_up=False)[0][0].function
        name = "active_energy_import" if function == 101 else "active_energy_export"
        points = int(asked["points"].number or 0)
        told = {f"{name}_{n}": "1" for n in range(1, points + 1)}
        return telling(request, start=asked["start"].text, density=1, points=points, **told)

    start = datetime(2026, 11, 23, 16, tzinfo=UTC)
    answer, asked = converse(DRIVER.read_load_profile(METER, start, 30), terminal)
    assert len(asked) == 4
    imported = [r for r in answer.readings if r.reading_type.name == "active_energy_import"]
    assert [r.measured_at for r in imported] == [start + timedelta(minutes=15 * n) for n in range(30)]


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Curves((101,), 7, 24, 31), "density 7"),
        (lambda: Curves((101,), 1, 0, 31), "points_per_request"),
        (
            lambda: Gdw1376Profile("n", "s", (CurrentFunction(1, ("a",)), CurrentFunction(2, ("a",))), ()),
            "twice",
        ),
    ],
)
def test_a_wrong_profile_is_refused(build: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        build()


def test_the_profile_tells_known_reading_types() -> None:
    assert all(TYPES.by_name(name) for name in PROFILE.told)
    assert set(PROFILE.periodic) <= {"clock", *PROFILE.told}
