"""The DL/T 645 face byte by byte: who answers on a bus, with what, and who keeps silent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from protocols.dlt645 import Frame, encode, read, read_address, read_follow_up
from simulators.faces.dlt645_bus import collide
from simulators.integral import Energy
from simulators.meter import SimulatedMeter

MakeMeter = Callable[..., SimulatedMeter]
MakeBus = Callable[..., Any]
ADDRESS = "000000000042"
BROADCAST = "999999999999"
# 1234.56, 2.00, 30.00 and 400.99 kWh in the tariffs, at the very instant of commissioning.
OLD = Energy((*(kwh * 36_000 for kwh in (123_456, 200, 3_000, 40_099)), *([0] * 28)))


def plus_33(plain: str) -> str:
    return bytes((byte + 0x33) & 0xFF for byte in bytes.fromhex(plain)).hex()


def checked(frame: str) -> bytes:
    """FE FE FE FE, the frame, its sum and 16: arithmetic of the manual, without our encoder."""
    body = bytes.fromhex(frame)
    return b"\xfe" * 4 + body + bytes([sum(body) & 0xFF, 0x16])


def set_clock(address: str, shown: datetime) -> Frame:
    return Frame(address, 0x08, bytes.fromhex(shown.strftime("%y%m%d%H%M%S"))[::-1])


def test_forward_energy_with_its_tariffs_byte_for_byte(make_bus: MakeBus, make_meter: MakeMeter) -> None:
    meter = make_meter(initial=OLD)
    line = make_bus(meter)
    line.now = meter.commissioned
    request = bytes.fromhex("fefefefe 68 420000000000 68 11 04 33323433") + bytes([0xF3, 0x16])
    total, tariffs = "55671600", "56341200 00020000 00300000 99000400"
    reply = checked("68420000000000689118" + plus_33("00ff0100" + total + tariffs))
    assert line.session.receive(request) == [reply]


def test_a_request_cut_anywhere_gets_the_same_answer(make_bus: MakeBus, meter: SimulatedMeter) -> None:
    request = encode(read(ADDRESS, "0201FF00"))
    whole = make_bus(meter).session.receive(request)
    for cut in range(len(request)):
        session = make_bus(meter).session
        assert [*session.receive(request[:cut]), *session.receive(request[cut:])] == whole != []


@pytest.mark.parametrize("address", ["000000000043", "AAAAAAAAAA41", "AAAAAAAA0142"])
def test_a_foreign_address_is_met_with_silence(make_bus: MakeBus, meter: SimulatedMeter, address: str) -> None:
    line = make_bus(meter)
    assert line.ask(read(address, "00010000")) is None
    (seen,) = line.lines()
    assert (seen["kind"], seen["meter"], seen["reply"], seen["registers"]) == ("frame", None, None, None)


@pytest.mark.parametrize("address", [ADDRESS, "AAAAAAAAAAAA", "AAAAAAAA0042", "AAAAAAAAAA42"])
def test_the_only_meter_answers_a_wildcard_with_its_own_address(
    make_bus: MakeBus, meter: SimulatedMeter, address: str
) -> None:
    reply = make_bus(meter).ask(read(address, "04000401"))
    assert reply == Frame(ADDRESS, 0x91, bytes.fromhex("01040004" + "420000000000"))


def test_read_address_tells_the_address(make_bus: MakeBus, meter: SimulatedMeter) -> None:
    assert make_bus(meter).ask(read_address()) == Frame(ADDRESS, 0x93, bytes.fromhex("420000000000"))


def test_two_meters_that_answer_a_wildcard_collide(make_bus: MakeBus, make_meter: MakeMeter) -> None:
    line = make_bus(make_meter(), make_meter(address="000000000035"))
    (mixed,) = line.session.receive(encode(read_address()))
    alone = [make_bus(m).session.receive(encode(read_address()))[0] for m in line.meters]
    assert mixed == collide(*alone)
    assert mixed not in alone
    (seen,) = line.lines()
    assert (seen["meter"], seen["reply"]) == (None, mixed.hex())


def test_a_collision_pulls_bits_low_and_the_longer_sender_ends_alone() -> None:
    assert collide(b"\x0f\xff\x77", b"\x3c\x81") == b"\x0c\x81\x77"


# fmt: off
UNKNOWN = [
    "00990000", "00010500", "00010D00", "0001FFFF", "00050500", "01030000", "02010000", "02010400", "02990100",
    "02800099", "03110000", "04009999", "05060B01", "05063F01", "0506013F", "05060100", "05000001", "07000001",
    "FFFFFFFF",
]
# fmt: on


@pytest.mark.parametrize("di", UNKNOWN)
def test_an_item_the_meter_lacks_is_refused_as_no_data(make_bus: MakeBus, meter: SimulatedMeter, di: str) -> None:
    assert make_bus(meter).ask(read(ADDRESS, di)) == Frame(ADDRESS, 0xD1, b"\x02")


@pytest.mark.parametrize("data", ["", "000001", "00000100000000", "0000010001020304050607"])
def test_a_read_of_a_wrong_length_is_refused(make_bus: MakeBus, meter: SimulatedMeter, data: str) -> None:
    request = Frame(ADDRESS, 0x11, bytes.fromhex(data))
    assert make_bus(meter).ask(request) == Frame(ADDRESS, 0xD1, b"\x01")


@pytest.mark.parametrize(
    ("control", "refusal", "word"),
    [
        (0x03, 0xC3, "0800"),
        (0x14, 0xD4, "04"),
        (0x16, 0xD6, "04"),
        (0x17, 0xD7, "08"),
        (0x18, 0xD8, "04"),
        (0x19, 0xD9, "04"),
        (0x1A, 0xDA, "04"),
        (0x1B, 0xDB, "04"),
        (0x1C, 0xDC, "04"),
        (0x1D, 0xDD, "04"),
    ],
)
def test_what_writes_or_switches_is_refused_and_written_down(
    make_bus: MakeBus, meter: SimulatedMeter, control: int, refusal: int, word: str
) -> None:
    line = make_bus(meter)
    reply = line.ask(Frame(ADDRESS, control, bytes(16)))
    assert reply == Frame(ADDRESS, refusal, bytes.fromhex(word))
    assert meter.relay.is_closed(line.now)
    assert [(seen["kind"], seen["meter"]) for seen in line.lines()] == [("frame", ADDRESS)]


@pytest.mark.parametrize(
    "request_frame",
    [
        Frame("AAAAAAAAAAAA", 0x15, bytes(6)),
        Frame(ADDRESS, 0x1F, bytes(4)),
        Frame(ADDRESS, 0x91, bytes(8)),
        Frame(BROADCAST, 0x16, bytes.fromhex("99999999")),
        Frame(BROADCAST, 0x11, bytes.fromhex("00000100")),
    ],
)
def test_what_has_no_reply_gets_none(make_bus: MakeBus, meter: SimulatedMeter, request_frame: Frame) -> None:
    line = make_bus(meter)
    assert line.ask(request_frame) is None
    assert [seen["reply"] for seen in line.lines()] == [None]


def test_broadcast_time_sets_every_clock_in_silence(make_bus: MakeBus, make_meter: MakeMeter) -> None:
    slow = timedelta(seconds=-200)
    line = make_bus(make_meter(clock_offset=slow), make_meter(address="000000000043", clock_offset=-slow))
    wanted = datetime.fromisoformat("2026-03-20T16:07:33")
    assert line.ask(set_clock(BROADCAST, wanted)) is None
    assert [meter.clock.local(line.now) for meter in line.meters] == [wanted, wanted]
    frame, *clocks = line.lines()
    assert frame["reply"] is None
    assert {seen["after"] for seen in clocks} == {"2026-03-20T08:07:33.000000Z"}
    assert [seen["before"][14:19] for seen in clocks] == ["04:13", "10:53"]


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        ("2026-03-20T08:07:33+00:00", "2026-03-20T16:12:34"),  # five minutes and a second
        ("2026-03-20T08:07:33+00:00", "2026-03-20T16:02:32"),
        ("2026-03-20T15:56:00+00:00", "2026-03-20T23:56:10"),  # just before midnight
        ("2026-03-20T16:03:00+00:00", "2026-03-21T00:03:10"),  # just after
        ("2026-03-20T15:54:00+00:00", "2026-03-20T23:56:00"),  # into the time around midnight
    ],
)
def test_broadcast_time_too_far_off_or_near_midnight_is_ignored(
    make_bus: MakeBus, meter: SimulatedMeter, at: str, shown: str
) -> None:
    line = make_bus(meter)
    line.now = datetime.fromisoformat(at)
    assert line.ask(set_clock(BROADCAST, datetime.fromisoformat(shown))) is None
    assert meter.clock.offset(line.now) == timedelta()


def test_broadcast_time_works_once_a_day(make_bus: MakeBus, meter: SimulatedMeter) -> None:
    line = make_bus(meter)
    line.ask(set_clock(BROADCAST, datetime.fromisoformat("2026-03-20T16:08:33")))
    assert meter.clock.offset(line.now) == timedelta(minutes=1)
    line.ask(set_clock(BROADCAST, datetime.fromisoformat("2026-03-20T16:07:33")))
    assert meter.clock.offset(line.now) == timedelta(minutes=1)
    line.now += timedelta(days=1)
    line.ask(set_clock(ADDRESS, datetime.fromisoformat("2026-03-21T16:07:33")))
    assert meter.clock.offset(line.now) == timedelta()


def test_broadcast_time_that_is_no_time_is_ignored(make_bus: MakeBus, meter: SimulatedMeter) -> None:
    line = make_bus(meter)
    for data in ("", "3307162003", "33071632032A", "330716320226", "FF0716200326"):
        assert line.ask(Frame(BROADCAST, 0x08, bytes.fromhex(data))) is None
    assert meter.clock.offset(line.now) == timedelta()


def test_a_follow_up_without_a_long_answer_is_refused(make_bus: MakeBus, meter: SimulatedMeter) -> None:
    line = make_bus(meter)
    assert line.ask(read_follow_up(ADDRESS, "00010000", 1)) == Frame(ADDRESS, 0xD2, b"\x02")
    line.ask(read(ADDRESS, "00010000"))
    assert line.ask(read_follow_up(ADDRESS, "00010000", 1)) == Frame(ADDRESS, 0xD2, b"\x02")


def test_two_meters_of_one_address_cannot_share_a_line(make_bus: MakeBus, make_meter: MakeMeter) -> None:
    with pytest.raises(ValueError, match="same address"):
        make_bus(make_meter(), make_meter())


def test_noise_and_a_broken_frame_are_written_down_but_not_answered(make_bus: MakeBus, meter: SimulatedMeter) -> None:
    line = make_bus(meter)
    broken = bytearray(encode(read(ADDRESS, "00010000"), preamble=0))
    broken[-2] ^= 1
    assert line.session.receive(b"\x00\x55" + bytes(broken)) == []
    assert line.session.line_idle() == []
    seen = line.lines()
    assert {entry["kind"] for entry in seen} == {"noise"}
    assert "".join(entry["bytes"] for entry in seen) == "0055" + broken.hex()


def test_a_false_start_does_not_swallow_the_request_behind_it(make_bus: MakeBus, meter: SimulatedMeter) -> None:
    session = make_bus(meter).session
    false_start = bytes.fromhex("68 000000000000 68 11 C0")
    received = session.receive(false_start + encode(read(ADDRESS, "00010000")))
    assert [*received, *session.line_idle()] == make_bus(meter).session.receive(encode(read(ADDRESS, "00010000")))
