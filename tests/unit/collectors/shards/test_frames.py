"""Messages as bytes: any cut gives the same, errors come back as themselves, nonsense is no message."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.shards.frames import LENGTH, LONGEST, BrokenFrames, Frames, framed
from collectors.shards.messages import Ask, Beat, Failed, Forget, LineChanged, Read, SetClock, Told
from headend import shipped
from headend.domain.clock_correction import Remedy, WriteAccess
from headend.domain.collection import Priority
from headend.domain.errors import ConfigError, FieldError, HeadEndError, LineDown, MeterRefused, NoAnswer, QueueFull
from headend.domain.line_health import LineHealth
from headend.domain.readings import Reading, ReadingSource
from tests.fakes.meters import installation

AT = datetime(2026, 11, 24, tzinfo=UTC)
ENERGY = shipped.reading_types(shipped.config_root()).by_name("active_energy_import")
MESSAGES = (
    Ask(1, installation(), Read(("clock", "00010000"), Priority.URGENT), 60.0),
    Ask(2, installation(), SetClock(Remedy.WRITE_TIME, WriteAccess("04", "000000", "00000001")), 5.0),
    Forget(2),
    Told(1, (), (Reading(1, ENERGY, AT, AT, Decimal("26752.68"), "kWh", ReadingSource.SCHEDULED),)),
    LineChanged("tcp://a:1", "refused"),
    Beat({"tcp://a:1": LineHealth(is_open=True, exchanges=4)}),
)
ERRORS: tuple[HeadEndError, ...] = (
    LineDown("tcp a:1: refused"),
    NoAnswer("no answer within 0.5 s", was_heard=True),
    MeterRefused("no such data"),
    QueueFull("256 jobs"),
    ConfigError("no such profile", file="meters.csv", line=4, key="profile", remedy="known: a, b"),
)


@given(st.lists(st.integers(1, 400), max_size=40))
def test_any_cut_of_the_bytes_gives_the_same_messages(cuts: list[int]) -> None:
    data, frames, found = b"".join(map(framed, MESSAGES)), Frames(), list[object]()
    for cut in cuts:
        found += frames.receive(data[:cut])
        data = data[cut:]
    found += frames.receive(data)
    assert tuple(found) == MESSAGES


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_comes_back_as_itself(error: HeadEndError) -> None:
    (message,) = Frames().receive(framed(Failed(7, error)))
    assert isinstance(message, Failed)
    assert type(message.error) is type(error)
    assert (str(message.error), vars(message.error)) == (str(error), vars(error))


def test_every_error_of_the_field_is_tried_here() -> None:
    assert {type(error) for error in ERRORS} >= set(FieldError.__subclasses__())


@pytest.mark.parametrize("data", [LENGTH.pack(LONGEST + 1), LENGTH.pack(4) + b"\x80\x05zz", LENGTH.pack(3) + b"abc"])
def test_nonsense_is_broken_and_never_a_message(data: bytes) -> None:
    with pytest.raises(BrokenFrames):
        list(Frames().receive(data))
