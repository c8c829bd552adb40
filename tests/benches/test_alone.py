"""A contender alone in its process, and the meters in C that all contenders ask. No time is asserted anywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from protocols import dlt645
from tests.benches import bare_protocol, foreign_modbus, foreign_round_trips, modbus_round_trips, round_trips
from tests.benches.alone import Loop, Work, alone
from tests.benches.head_end_parts import loopback
from tests.benches.quick_meters import quick_meters

METERS = ["000000000001", "000000000002"]
ROUND_TRIPS = 6


@pytest.fixture(scope="module")
def dlt645_lines() -> object:
    with quick_meters("dlt645") as port:
        yield loopback(len(METERS), port)


@pytest.fixture(scope="module")
def modbus_lines() -> object:
    with quick_meters("modbus") as port:
        yield loopback(len(METERS), port)


def test_ours_and_the_package_read_the_meters_in_c(dlt645_lines: list[tuple[str, int]]) -> None:
    with alone(Loop.UVLOOP, round_trips.contender, dlt645_lines, ROUND_TRIPS) as ours:
        assert [ours(), ours()] == [ROUND_TRIPS * 2] * 2
    with alone(Loop.STANDARD, foreign_round_trips.contender, dlt645_lines, METERS, ROUND_TRIPS) as package:
        assert package() == ROUND_TRIPS * 2


def test_the_bare_protocol_hears_as_many_replies(dlt645_lines: list[tuple[str, int]]) -> None:
    requests = [dlt645.encode(dlt645.read(meter, round_trips.ENERGY)) for meter in METERS]
    for loop in Loop:
        with alone(loop, bare_protocol.contender, dlt645_lines, requests, ROUND_TRIPS) as bare:
            assert bare() == ROUND_TRIPS * 2


def test_ours_and_pymodbus_read_the_modbus_meters(modbus_lines: list[tuple[str, int]]) -> None:
    for contender in (modbus_round_trips.contender, foreign_modbus.contender):
        with alone(Loop.UVLOOP, contender, modbus_lines, ROUND_TRIPS) as read:
            assert read() == ROUND_TRIPS * 2


@asynccontextmanager
async def broken() -> AsyncIterator[Work]:
    raise RuntimeError("does not start")
    yield  # makes it a generator


def test_a_contender_that_cannot_start_fails_the_bench() -> None:
    with pytest.raises(EOFError), alone(Loop.STANDARD, broken):
        pass
