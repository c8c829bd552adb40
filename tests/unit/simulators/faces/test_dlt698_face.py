"""The DL/T 698.45 face byte by byte: who answers on a line, with what, who keeps silent, what the witness writes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from protocols.dlt698 import (
    AddressKind,
    Connection,
    Frame,
    FrameReceived,
    ServerAddress,
    apdu,
    encode,
    get,
    get_address,
)
from protocols.dlt698.objects import decode
from simulators.faces.dlt645_bus import collide
from simulators.faces.dlt698_bus import Dlt698Bus
from simulators.integral import Energy
from simulators.load_shape import CustomerClass
from simulators.meter import SimulatedMeter
from simulators.witness import Witness

MakeMeter = Callable[..., SimulatedMeter]
ADDRESS = "000000000042"
# 1234.56, 2.00, 30.00 and 400.99 kWh in the tariffs, at the very instant of commissioning.
OLD = Energy((*(kwh * 36_000 for kwh in (123_456, 200, 3_000, 40_099)), *([0] * 28)))
OBJECTS = [f"{oi:04X}0{attribute}00" for oi in range(0, 0x81, 0x10) for attribute in (2, 4)]
OBJECTS += [f"{oi}0200" for oi in ("1010", "1020", "2000", "2001", "2004", "2005", "2006", "200A", "200F")]


class LineUnderTest:
    """A line of given meters and what it wrote down."""

    def __init__(self, meters: Sequence[SimulatedMeter], now: datetime, largest_apdu: int = 512) -> None:
        self.log = io.StringIO()
        self.witness = Witness(self.log)
        bus = Dlt698Bus(meters, now=lambda: now, witness=self.witness, largest_apdu=largest_apdu)
        self.session = bus.session()

    def ask(self, request: Frame) -> Frame | None:
        replies = self.session.receive(encode(request))
        if not replies:
            return None
        (event,) = Connection().receive(b"".join(replies))
        assert isinstance(event, FrameReceived)
        return event.frame

    def lines(self) -> list[dict[str, Any]]:
        self.witness.flush()
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


def test_forward_energy_with_its_tariffs_byte_for_byte(make_meter: MakeMeter) -> None:
    meter = make_meter(initial=OLD)
    line = LineUnderTest([meter], meter.commissioned)
    reply = line.ask(get(ADDRESS, ["00100200"], number=5, client=0x21))
    totals = "06 00028B63 06 0001E240 06 000000C8 06 00000BB8 06 00009CA3"
    assert reply is not None
    assert (reply.control, reply.server, reply.client) == (0xC3, ServerAddress(ADDRESS), 0x21)
    assert reply.data == bytes.fromhex(f"850105 00100200 01 01 05 {totals} 00 00")


def test_what_the_meter_tells_is_what_the_witness_writes(make_meter: MakeMeter, now: datetime) -> None:
    for phases in (1, 3):
        meter = make_meter(phases=phases, customer_class=CustomerClass.PROSUMER)
        for oad in OBJECTS:
            line = LineUnderTest([meter], now)
            reply = line.ask(get(ADDRESS, [oad]))
            assert reply is not None
            (item,) = apdu.parse(reply.data).items
            assert item.data is not None
            told = {v.name: str(v.value) for v in decode(oad, item.data) if v.value is not None}
            told = {name: value for name, value in told.items() if not name.startswith("max_demand_import_t")}
            told = {name: value for name, value in told.items() if not name.startswith("max_demand_export_t")}
            (seen,) = line.lines()
            assert (seen["protocol"], seen["meter"], seen["registers"]) == ("dlt698", ADDRESS, told)


def test_a_list_tells_what_there_is_and_refuses_the_rest(make_meter: MakeMeter, now: datetime) -> None:
    line = LineUnderTest([make_meter()], now)
    reply = line.ask(get(ADDRESS, ["40010200", "20000202", "00100300", "300F0200", "00100206", "200F0201"]))
    assert reply is not None
    items = apdu.parse(reply.data).items
    assert [item.dar for item in items] == [None, 4, 4, 4, 4, 4]
    assert items[0].data is not None and items[0].data.value == bytes.fromhex(ADDRESS)
    assert line.lines()[0]["registers"] is None


@pytest.mark.parametrize(
    "data",
    [
        "06 01 05 40000200 1C 07EA0101000000 00",
        "07 01 05 80008100 00 00",
        "05 03 05 50040200 00 00 00",
        "05 07 05",
        "0A",
    ],
)
def test_whatever_is_no_plain_read_is_not_supported(make_meter: MakeMeter, now: datetime, data: str) -> None:
    meter = make_meter()
    line = LineUnderTest([meter], now)
    reply = line.ask(get(ADDRESS, ["00100200"])._replace(data=bytes.fromhex(data)))
    assert reply is not None and reply.data[0] == 0xEE
    assert meter.clock.reading(now) == make_meter().clock.reading(now)
    assert meter.relay.is_closed(now)


@pytest.mark.parametrize(
    "request_to",
    [
        get("000000000043", ["00100200"]),
        get(ADDRESS, ["00100200"])._replace(server=ServerAddress("AA", AddressKind.BROADCAST)),
        get(ADDRESS, ["00100200"])._replace(server=ServerAddress(ADDRESS, AddressKind.GROUP)),
        get(ADDRESS, ["00100200"])._replace(server=ServerAddress("AAAAAAAAAA41", AddressKind.WILDCARD)),
        get(ADDRESS, ["00100200"])._replace(control=0xC3),
        get(ADDRESS, ["00100200"])._replace(control=0x41),
    ],
)
def test_what_is_not_for_one_meter_is_met_with_silence(make_meter: MakeMeter, now: datetime, request_to: Frame) -> None:
    line = LineUnderTest([make_meter()], now)
    assert line.ask(request_to) is None
    (seen,) = line.lines()
    assert (seen["kind"], seen["reply"], seen["registers"]) == ("frame", None, None)


@pytest.mark.parametrize("digits", ["AAAAAAAAAAAA", "AAAAAAAAAA42", "0000000000A2"])
@pytest.mark.parametrize("kind", [AddressKind.WILDCARD, AddressKind.SINGLE])
def test_the_only_meter_answers_a_wildcard_as_itself(
    make_meter: MakeMeter, now: datetime, digits: str, kind: AddressKind
) -> None:
    reply = LineUnderTest([make_meter()], now).ask(get_address()._replace(server=ServerAddress(digits, kind)))
    assert reply is not None and reply.server == ServerAddress(ADDRESS)


def test_two_meters_that_answer_a_wildcard_collide(make_meter: MakeMeter, now: datetime) -> None:
    meters = [make_meter(), make_meter(address="000000000035")]
    alone = [LineUnderTest([meter], now).session.receive(encode(get_address()))[0] for meter in meters]
    line = LineUnderTest(meters, now)
    assert line.session.receive(encode(get_address())) == [collide(*alone)]
    assert line.lines()[0]["meter"] is None


def test_a_request_cut_anywhere_gets_the_same_answer_and_noise_is_written_down(
    make_meter: MakeMeter, now: datetime
) -> None:
    meter, raw = make_meter(), encode(get(ADDRESS, ["20000200"]))
    whole = LineUnderTest([meter], now).session.receive(raw)
    for cut in range(len(raw)):
        session = LineUnderTest([meter], now).session
        assert [*session.receive(raw[:cut]), *session.receive(raw[cut:])] == whole != []
    line = LineUnderTest([meter], now)
    assert [*line.session.receive(raw[:-1] + b"\x17"), *line.session.line_idle()] == []
    assert {entry["kind"] for entry in line.lines()} == {"noise"}


def test_a_confirmation_of_nothing_is_met_with_silence(make_meter: MakeMeter, now: datetime) -> None:
    line = LineUnderTest([make_meter()], now)
    for data in (b"\x00\x80", b"\x00\x00", b"\x80"):
        assert line.ask(Frame(0x63, ServerAddress(ADDRESS), 0x10, data)) is None
