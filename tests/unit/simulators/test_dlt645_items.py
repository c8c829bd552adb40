"""Every data identifier: its size by the manual, and its bytes against the physics, decoded here by hand."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from protocols.dlt645 import Frame, read, read_load_record
from simulators.faces.dlt645_format import Member
from simulators.load_shape import CustomerClass
from simulators.meter import SimulatedMeter

MakeMeter = Callable[..., SimulatedMeter]
MakeBus = Callable[..., Any]
ADDRESS = "000000000042"
THREE_PHASE = {"phases": 3, "customer_class": CustomerClass.PROSUMER, "size": 2.0}

SIZES: Mapping[str, int] = {
    "00000000": 4, "0000FF00": 20, "00010000": 4, "00010400": 4, "0001FF00": 20, "00010001": 4, "000100FF": 52,
    "0002FF00": 20, "00030000": 4, "00040000": 4, "00050000": 4, "00080000": 4, "0005FF00": 20, "00090000": 4,
    "000A0000": 4, "01010000": 8, "0101FF00": 40, "01020000": 8, "01010001": 8,
    "02010100": 2, "0201FF00": 6, "02020100": 3, "0202FF00": 9, "02030000": 3, "0203FF00": 12, "0204FF00": 12,
    "0205FF00": 12, "02060000": 2, "0206FF00": 8, "0207FF00": 6, "02800001": 3, "02800002": 2, "02800003": 3,
    "02800004": 3, "02800005": 3, "02800006": 3, "02800007": 2, "02800008": 2,
    "04000101": 4, "04000102": 3, "0400010C": 7, "04000103": 1, "04000203": 1, "04000401": 6, "04000402": 6,
    "04000404": 6, "04000407": 4, "04000409": 3, "0400040B": 10, "0400040D": 16, "04000501": 2, "04000503": 2,
    "040005FF": 14, "04000601": 1, "04000901": 1, "04000A02": 2, "04000B01": 2, "04010000": 3, "04010001": 27,
    "05060001": 5, "05060101": 20, "05060201": 20, "05060301": 20, "05060801": 20, "05060901": 40, "05060A01": 40,
    "05061001": 24, "05040001": 5, "05040101": 4, "0504FF01": 15,
}  # fmt: skip


def unsigned(raw: bytes, decimals: int) -> Decimal:
    return Decimal(raw[::-1].hex()).scaleb(-decimals)


def signed(raw: bytes, decimals: int) -> Decimal:
    sign = -1 if raw[-1] & 0x80 else 1
    return sign * unsigned(raw[:-1] + bytes([raw[-1] & 0x7F]), decimals)


def payload(line: Any, di: str) -> bytes:
    reply = line.ask(read(ADDRESS, di))
    assert reply.control == 0x91
    assert reply.data[:4] == bytes.fromhex(di)[::-1]
    return bytes(reply.data[4:])


@pytest.fixture
def line(make_bus: MakeBus, make_meter: MakeMeter) -> Any:
    return make_bus(make_meter(**THREE_PHASE))


@pytest.mark.parametrize("di", SIZES)
def test_an_item_has_the_size_the_manual_gives_it(line: Any, di: str) -> None:
    assert len(payload(line, di)) == SIZES[di]


def test_energy_is_what_the_integral_says(line: Any) -> None:
    energy = line.meters[0].energy(line.now)
    raw = payload(line, "0001FF00")
    shown = [unsigned(raw[n : n + 4], 2) for n in range(0, 20, 4)]
    assert shown[0] == energy.register("active_energy_import") == sum(shown[1:])
    assert shown[1:] == [energy.register(f"active_energy_import_t{n}") for n in range(1, 5)]
    assert unsigned(payload(line, "00020000"), 2) == energy.register("active_energy_export") > 0
    assert unsigned(payload(line, "00050000"), 2) == energy.register("reactive_energy_q1")
    assert signed(payload(line, "00000000"), 2) == energy.register("active_energy_combined")


def test_instantaneous_values_are_signed_where_the_manual_says(line: Any) -> None:
    line.now = datetime.fromisoformat("2026-03-20T04:07:33+00:00")  # noon in Shanghai: the sun wins
    snapshot = line.meters[0].snapshot(line.now)
    assert snapshot.active_w < 0
    power = payload(line, "0203FF00")
    assert signed(power[:3], 4) * 1000 == snapshot.active_w
    assert sum(signed(power[n : n + 3], 4) for n in (3, 6, 9)) * 1000 == snapshot.active_w
    assert signed(payload(line, "02060000"), 3) == snapshot.power_factor < 0
    assert unsigned(payload(line, "02010300"), 1) == snapshot.phases[2].voltage_v
    assert abs(signed(payload(line, "02020100"), 3)) == snapshot.phases[0].current_a
    assert unsigned(payload(line, "02800002"), 2) == snapshot.frequency_hz
    assert payload(line, "04000501")[0] & 0x10  # status word 1 bit 4: reverse


def test_phases_a_meter_lacks_are_not_present(make_bus: MakeBus, make_meter: MakeMeter) -> None:
    single = make_bus(make_meter())
    assert payload(single, "0201FF00")[2:] == b"\xff" * 4
    assert payload(single, "02010200") == b"\xff\xff"
    assert payload(single, "0203FF00")[6:] == b"\xff" * 6
    assert list(single.lines()[0]["registers"]) == ["voltage_l1"]


def test_settlement_days_before_commissioning_are_not_present(line: Any) -> None:
    raw = payload(line, "000100FF")
    assert raw[4 * 4 :] == b"\xff" * 36
    assert unsigned(raw[4:8], 2) == line.meters[0].settlement(1, line.now).energy.register("active_energy_import")


def test_date_time_and_weekday_are_those_of_the_meters_clock(line: Any) -> None:
    assert payload(line, "0400010C") == bytes.fromhex("330716" + "05200326")  # 2026-03-20 is a Friday
    assert payload(line, "04000101") == bytes.fromhex("05200326")
    line.now += timedelta(days=2)
    assert payload(line, "04000101") == bytes.fromhex("00220326")  # Sunday is 0


def test_an_open_relay_shows_in_status_word_3(line: Any) -> None:
    assert payload(line, "04000503") == b"\x00\x00"
    line.meters[0].relay.open(line.now, "test")
    assert payload(line, "04000503") == b"\x50\x00"
    assert payload(line, "040005FF")[4:6] == b"\x50\x00"


def test_the_daily_freeze_is_yesterdays_midnight_and_its_stamp_todays_date(line: Any) -> None:
    freeze = line.meters[0].daily_freeze(1, line.now)
    assert payload(line, "05060001") == bytes.fromhex("0000200326")
    assert unsigned(payload(line, "05060101")[:4], 2) == freeze.energy.register("active_energy_import")
    stamp, forward, *_ = payload(line, "0504FF01").split(b"\xaa")
    assert stamp == bytes.fromhex("0016200326")
    assert unsigned(forward, 2) == line.meters[0].hourly_freeze(1, line.now).energy.register("active_energy_import")


def test_a_whole_daily_freeze_comes_in_two_pieces_with_its_items_parted(line: Any) -> None:
    raw = line.fetch(read(ADDRESS, "0506FF01"))
    items = [5, *[20] * 8, 40, 40, 24]
    assert len(raw) == sum(items) + 11
    starts = [sum(items[:n]) + n for n in range(12)]
    assert [raw[start - 1] for start in starts[1:]] == [0xAA] * 11
    assert raw[starts[1] : starts[2] - 1] == payload(line, "05060101")
    assert raw[starts[11] :] == payload(line, "05061001")


def test_demand_names_the_minute_its_quarter_ended(line: Any) -> None:
    best = line.meters[0].max_demand("active_energy_import", line.now)
    raw = payload(line, "01010000")
    assert unsigned(raw[:3], 4) * 1000 == best.watts
    assert raw[3:] == bytes.fromhex(best.stamp.strftime("%y%m%d%H%M"))[::-1]
    line.now = line.meters[0].commissioned
    assert payload(line, "01010000") == bytes(8)


def test_the_demand_of_a_finished_month_stands_at_its_settlement(line: Any) -> None:
    line.now = datetime.fromisoformat("2026-03-01T01:00:00+08:00")
    frozen = payload(line, "05060901")[:8]
    assert frozen == payload(line, "01010001") != bytes(8)


def walk(records: bytes) -> list[tuple[bytes, bytes]]:
    """Cut joined load records by their length byte; give each stamp and the fields behind it."""
    found = []
    while records:
        size = records[2]
        body, summed = records[3 : 3 + size], records[: 3 + size]
        assert records[:2] == b"\xa0\xa0"
        assert records[3 + size] == sum(summed) & 0xFF
        assert records[4 + size] == 0xE5
        found.append((body[:5], body[5:]))
        records = records[5 + size :]
    return found


def test_a_load_record_of_all_classes_holds_the_registers_where_the_layout_says(line: Any) -> None:
    raw = line.fetch(read_load_record(ADDRESS, "06000002", 1))
    assert raw[2] == 5 + (17 + 24 + 8 + 16 + 16 + 6) + 6  # stamp, six fields, an AA behind each
    assert len(raw) == raw[2] + 5
    ((stamp, fields),) = walk(raw)
    assert stamp == bytes.fromhex("0016200326")
    assert [fields[n] for n in (17, 42, 51, 68, 85, 92)] == [0xAA] * 6
    (record,) = line.meters[0].load_records(datetime.fromisoformat("2026-03-20T16:00"), 1, line.now)
    assert unsigned(fields[52:56], 2) == record.energy.register("active_energy_import")
    assert unsigned(fields[56:60], 2) == record.energy.register("active_energy_export")


def test_many_load_records_come_in_pieces_and_end_at_the_latest(line: Any) -> None:
    stamps = [stamp for stamp, _ in walk(line.fetch(read_load_record(ADDRESS, "06000002", 9)))]
    assert [stamp.hex() for stamp in stamps[:2]] == ["0014200326", "1514200326"]
    assert (len(stamps), stamps[-1].hex()) == (9, "0016200326")


def test_load_records_from_a_given_time_and_from_the_earliest(line: Any) -> None:
    start = datetime.fromisoformat("2026-02-11T23:50")
    given = walk(line.fetch(read_load_record(ADDRESS, "06040001", 3, start)))
    assert [stamp.hex() for stamp, _ in given] == ["0000120226", "1500120226", "3000120226"]
    assert all(fields[:3] == b"\xaa" * 3 and fields[19:] == b"\xaa" * 3 for _, fields in given)
    ((earliest, _),) = walk(line.fetch(read_load_record(ADDRESS, "06040000", 1)))
    assert earliest.hex() == "0000170126"


def test_load_records_that_do_not_exist_are_refused(line: Any) -> None:
    later = datetime.fromisoformat("2026-03-20T16:15")
    for di, start in (("06000001", later), ("06070002", None), ("06000003", None), ("06000102", None)):
        assert line.ask(read_load_record(ADDRESS, di, 1, start)).data == b"\x02"


def test_the_witness_tells_what_the_reply_told_and_as_of_when(line: Any) -> None:
    raw = payload(line, "05060101")
    (seen,) = line.lines()
    assert seen["as_of"] == "2026-03-19T16:00:00.000000Z"
    assert list(seen["registers"].values()) == [str(unsigned(raw[n : n + 4], 2)) for n in range(0, 20, 4)]
    payload(line, "00010000")
    assert line.lines()[-1]["as_of"] == "2026-03-20T08:07:33.000000Z"


def test_the_witness_has_one_record_for_each_load_record(line: Any) -> None:
    raw = line.fetch(read_load_record(ADDRESS, "06040002", 2))
    records = [seen for seen in line.lines() if seen["kind"] == "record"]
    assert [seen["as_of"][11:16] for seen in records] == ["07:45", "08:00"] * 2  # each piece was asked twice
    told = [str(unsigned(fields[3:7], 2)) for _, fields in walk(raw)]
    assert [seen["registers"]["active_energy_import"] for seen in records[:2]] == told


def test_a_value_its_item_cannot_hold_is_refused_and_not_cut(make_bus: MakeBus, make_meter: MakeMeter) -> None:
    huge = make_bus(make_meter(size=1_000.0))
    assert huge.meters[0].snapshot(huge.now).active_w > 80_000
    assert huge.ask(read(ADDRESS, "02030000")) == Frame(ADDRESS, 0xD1, b"\x01")
    assert huge.ask(read(ADDRESS, "02010100")).control == 0x91


def test_a_number_too_big_for_its_item_is_never_cut_silently() -> None:
    with pytest.raises(OverflowError):
        Member("active_power", Decimal("80.0"), 3, 4, signed=True).encode()
    with pytest.raises(OverflowError):
        Member("voltage_l1", Decimal("1000.0"), 2, 1).encode()
