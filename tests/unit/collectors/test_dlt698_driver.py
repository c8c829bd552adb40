"""The DL/T 698.45 driver against meters that answer well, badly and for others: pure generators, real bytes."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from headend.domain.collection import ItemError
from headend.domain.quality import ReadingQuality
from headend.domain.reading_types import ReadingKind
from headend.domain.readings import ReadingSource
from protocols import dlt698
from protocols.dlt698 import ServerAddress, objects
from simulators.faces.dlt698_meter import Dlt698Meter
from simulators.fleet import FleetPlan, build_fleet
from tests.unit.collectors.dlt698_conversations import (
    ADDRESS,
    METER,
    NOW,
    PROFILE,
    TYPES,
    Reply,
    converse,
    driver,
    knowing,
    read,
    said,
)

FIFTY = "121388"  # 50.00 Hz
ENERGY = "06 0001E240"  # 1234.56 kWh
CLOCK = "1C 07EA 03 01 0C 1E 05"  # 2026-03-01 12:30:05


def counting(reply: Reply) -> tuple[Reply, list[dlt698.Frame]]:
    """The same meter, and what it was asked."""
    asked: list[dlt698.Frame] = []

    def counted(request: dlt698.Frame) -> Sequence[dlt698.Frame]:
        asked.append(request)
        return reply(request)

    return counted, asked


def simulated(largest_apdu: int = 512) -> tuple[Reply, Dlt698Meter]:
    meter = Dlt698Meter(build_fleet(FleetPlan(1))[0], largest_apdu)

    def reply(request: dlt698.Frame) -> Sequence[dlt698.Frame]:
        frame = meter.answer(request, NOW).frame
        return [frame] if frame is not None else []

    return reply, meter


def test_answers_come_in_the_order_asked_with_exact_values_in_few_requests() -> None:
    meter, asked = counting(knowing(oad_00100201=ENERGY, oad_20000201="12 08FD", oad_200F0200=FIFTY))
    answer = read(meter, "frequency", "1-0:32.7.0", "active_energy_import", "1-0:1.8.0")
    assert [(r.item, r.text, r.unit) for r in answer.results] == [
        ("frequency", "50.00", "Hz"),
        ("1-0:32.7.0", "230.1", "V"),
        ("active_energy_import", "1234.56", "kWh"),
        ("1-0:1.8.0", "1234.56", "kWh"),
    ]
    assert [reading.value for reading in answer.readings][:3] == [Decimal("50"), Decimal("230.1"), Decimal("1234.56")]
    assert [frame.data.hex() for frame in asked] == [
        "05020002" + "200f0200" + "20000201" + "00",
        "050101" + "00100201" + "00",
        "050102" + "00100201" + "00",
    ]


def test_a_block_of_elements_is_told_by_name() -> None:
    answer = read(knowing(oad_20040200="01 02 05 00007E4A 05 FFFFFFFF"), "20040200")
    assert [(r.reading_type.name, r.text) for r in answer.results if r.reading_type] == [
        ("active_power", "3.2330"),
        ("active_power_l1", "-0.0001"),
    ]


def test_everything_that_the_simulated_meter_tells_is_true() -> None:
    reply, meter = simulated()
    names = [t.name for t in TYPES.rows if objects.oad_of(t.name) is not None]
    answer = converse(driver().read(METER, names, ReadingSource.SCHEDULED), reply)
    told = {r.item: r.value for r in answer.results if r.error is None and r.is_main}
    frame = dlt698.get(ADDRESS, [oad for name in names if (oad := objects.oad_of(name))])
    true = meter.answer(frame, NOW).truths[0].registers
    assert len(told) > 25
    assert told == true
    failed = {(r.item, r.reason) for r in answer.results if r.error and r.item[-1] not in "23"}  # it has one phase
    assert failed == {("max_demand_export", "not present")}, "never exported, so its demand has no time"


def test_with_the_meters_clock_values_bear_the_meters_time() -> None:
    answer = read(knowing(oad_40000200=CLOCK, oad_200F0200=FIFTY), "clock", "frequency")
    offset, frequency = answer.readings
    assert (offset.reading_type.name, offset.value, offset.measured_at) == ("clock_offset", 5, NOW)
    assert frequency.measured_at == NOW + timedelta(seconds=5)
    assert not frequency.qualities


def test_without_the_meters_clock_the_time_is_ours_and_says_so() -> None:
    assert read(knowing(oad_200F0200=FIFTY), "frequency").readings[0].qualities == {ReadingQuality.TIME_FROM_HEADEND}


def test_the_address_and_the_number_are_no_readings() -> None:
    answer = read(
        knowing(oad_40010200="09 06 000000000001", oad_40020200="09 06 000000004711"), "address", "serial_number"
    )
    assert [result.text for result in answer.results] == ["000000000001", "000000004711"]
    assert answer.readings == ()


@pytest.mark.parametrize(
    ("data", "error", "reason"),
    [
        ("00", ItemError.NOT_PRESENT, "not present"),
        ("05 0001E240", ItemError.INVALID_DATA, "double-long where double-long-unsigned belongs"),
        ("12 1388", ItemError.INVALID_DATA, "long-unsigned where double-long-unsigned belongs"),
        ("01 00", ItemError.INVALID_DATA, "array where double-long-unsigned belongs"),
        ("0A 01 31", ItemError.INVALID_DATA, "visible-string where double-long-unsigned belongs"),
    ],
)
def test_null_and_a_wrong_type_are_no_value(data: str, error: ItemError, reason: str) -> None:
    answer = read(knowing(oad_00100201=data), "active_energy_import")
    assert [(r.error, r.reason) for r in answer.results] == [(error, reason)]
    assert answer.readings == ()


def test_an_empty_list_is_not_present_and_an_impossible_clock_is_invalid() -> None:
    answer = read(knowing(oad_20000200="01 00", oad_40000200="1C FFFF FF FF FF FF FF"), "20000200", "clock")
    assert [r.error for r in answer.results] == [ItemError.NOT_PRESENT, ItemError.INVALID_DATA]


def test_a_refused_object_says_why_and_its_neighbours_are_told() -> None:
    answer = read(knowing(oad_200F0200=FIFTY), "voltage_l2", "frequency", "20140200")
    assert [(r.error, r.reason or r.text) for r in answer.results] == [
        (ItemError.REFUSED, "object undefined"),
        (None, "50.00"),
        (ItemError.REFUSED, "object undefined"),
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [("EE{:02X}02", "service not supported"), ("9002 14", "security authentication does not match")],
)
def test_a_whole_request_that_is_refused_says_why(data: str, words: str) -> None:
    def refusing(request: dlt698.Frame) -> Sequence[dlt698.Frame]:
        return [request._replace(control=0xC3, data=bytes.fromhex(data.format(request.data[2])))]

    assert [(r.error, r.reason) for r in read(refusing, "frequency").results] == [(ItemError.REFUSED, words)]


def test_what_has_no_object_is_not_asked() -> None:
    meter, asked = counting(knowing())
    answer = read(meter, "apparent_energy_import", "nonsense")
    assert [r.error for r in answer.results] == [ItemError.NOT_SUPPORTED] * 2
    assert asked == []


def replaced(**changes: object) -> Callable[[dlt698.Frame], dlt698.Frame]:
    return lambda frame: frame._replace(**changes)  # type: ignore[arg-type]  # any field of a frame


def renumbered(frame: dlt698.Frame) -> dlt698.Frame:
    return frame._replace(data=frame.data[:2] + bytes([frame.data[2] ^ 1]) + frame.data[3:])


@pytest.mark.parametrize(
    "foreign",
    [
        renumbered,
        replaced(server=ServerAddress("000000000002")),
        replaced(server=ServerAddress(ADDRESS, logical=1)),
        replaced(client=0x11),
        replaced(control=0x83),
    ],
)
def test_what_is_for_others_is_no_answer(foreign: Callable[[dlt698.Frame], dlt698.Frame]) -> None:
    true, other = knowing(oad_00100201=ENERGY), knowing(oad_00100201="06 000000FF")

    def only(request: dlt698.Frame) -> Sequence[dlt698.Frame]:
        return [foreign(frame) for frame in other(request)]

    def first(request: dlt698.Frame) -> Sequence[dlt698.Frame]:
        return [*only(request), *true(request)]

    assert [r.error for r in read(only, "active_energy_import").results] == [ItemError.NO_ANSWER]
    assert [r.text for r in read(first, "active_energy_import").results] == ["1234.56"]


def test_two_requests_to_a_meter_never_have_the_same_number_one_after_the_other() -> None:
    meter, asked = counting(knowing(oad_200F0200=FIFTY))
    own = driver()
    for _ in range(70):
        converse(own.read(METER, ["frequency"], ReadingSource.SCHEDULED), meter)
    assert [frame.data[2] for frame in asked] == [number % 64 for number in range(70)]


def test_a_list_is_matched_by_object_and_not_by_place() -> None:
    def reversing(request: dlt698.Frame) -> Sequence[dlt698.Frame]:
        return [said(request, f"02 20000201 01 1208FD 200F0200 01 {FIFTY}")]

    answer = read(reversing, "frequency", "voltage_l1")
    assert [(r.item, r.text) for r in answer.results] == [("frequency", "50.00"), ("voltage_l1", "230.1")]


def test_a_short_list_leaves_the_rest_invalid_and_two_answers_of_one_object_are_none() -> None:
    short = read(lambda request: [said(request, f"01 200F0200 01 {FIFTY}")], "frequency", "voltage_l1")
    assert [r.error for r in short.results] == [None, ItemError.INVALID_DATA]
    assert short.results[1].reason == "the answer does not tell of 20000201"
    twice = f"02 200F0200 01 {FIFTY} 200F0200 01 121389"
    double = read(lambda request: [said(request, twice)], "frequency", "voltage_l1")
    assert [r.error for r in double.results] == [ItemError.INVALID_DATA] * 2


@pytest.mark.parametrize(
    "results", ["200F0200 01 1213", "200F0200 02 121388", "200F0200 01 12138800", "200F0200 00 00"]
)
def test_a_message_that_cannot_be_read_is_no_value(results: str) -> None:
    answer = read(lambda request: [said(request, results)], "frequency")
    assert [r.error for r in answer.results] == [ItemError.INVALID_DATA]


def telling(*energies: str) -> Reply:
    """A meter that says another thing each time, the last one for ever."""
    waiting = list(energies)

    def reply(request: dlt698.Frame) -> Sequence[dlt698.Frame]:
        data = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return knowing(oad_00100201=data)(request) if data else []

    return reply


def test_a_register_counts_when_two_reads_agree() -> None:
    wrong_once = read(telling("06 FF01E240", ENERGY), "active_energy_import")
    assert [r.text for r in wrong_once.results] == ["1234.56"]
    assert wrong_once.readings[0].frame.request.count(b"\xfe\xfe\xfe\xfe\x68") == 2
    never = read(telling("06 00000001", "06 00010000", "06 01000000"), "active_energy_import")
    assert [r.error for r in never.results] == [ItemError.INVALID_DATA]
    assert "3 reads disagree: active_energy_import=0.01" in never.results[0].reason


def test_a_register_may_move_on_between_two_reads_but_not_back_or_far() -> None:
    later = timedelta(seconds=2)
    for second, told in (("06 0001E246", "1234.62"), ("06 0001E23F", "1234.56")):
        talk = driver().read(METER, ["active_energy_import"], ReadingSource.SCHEDULED)
        answer = converse(talk, telling(ENERGY, second, ENERGY), later)
        assert [r.text for r in answer.results] == [told]


def test_a_silent_second_read_is_asked_again() -> None:
    assert [r.text for r in read(telling(ENERGY, "", ENERGY), "active_energy_import").results] == ["1234.56"]


def damaged(seed: int) -> Reply:
    """A meter that damages one answer in seven before it puts the check sequences on: they hold, the data do not."""
    reply, chance = simulated(40)[0], random.Random(seed)

    def damaging(request: dlt698.Frame) -> Sequence[dlt698.Frame]:
        (frame,) = reply(request)
        data = bytearray(frame.data)
        if chance.random() < 0.15:
            data[chance.randrange(2, len(data))] ^= 1 << chance.randrange(8)
        return [frame._replace(data=bytes(data))]

    return damaging


def far_off(items: Sequence[str]) -> tuple[int, int]:
    """How many readings of how many are off by more than one count, over many reads of a damaging meter."""
    true = {r.reading_type.id: r.value for r in read(simulated()[0], *items).readings}
    told = [reading for seed in range(150) for reading in read(damaged(seed), *items).readings]
    return sum(abs(r.value - true[r.reading_type.id]) > Decimal("0.01") for r in told), len(told)


def test_damage_that_passes_every_check_makes_no_wrong_register() -> None:
    wrong, told = far_off(("00100200", "00200200"))
    assert (wrong, told > 1000) == (0, True)
    wrong, _ = far_off(("20000200", "20010200", "20040200"))
    assert wrong > 0, "what is read once is not protected so, or this test damages nothing"


def test_only_what_may_be_billed_is_read_twice() -> None:
    meter, asked = counting(simulated()[0])
    read(meter, *PROFILE.periodic)
    lists = [tuple(item.oad for item in dlt698.apdu.parse(frame.data).items) for frame in asked]
    registers = ("00100200", "00200200")
    rest = ("20000200", "20010200", "20040200", "200A0200", "200F0200")
    assert lists == [("40000200",), registers, registers, rest]


def test_a_silent_meter_is_soon_left_alone() -> None:
    def silent(request: dlt698.Frame) -> Sequence[dlt698.Frame]:
        return []

    meter, asked = counting(silent)
    answer = converse(driver().read(METER, PROFILE.periodic, ReadingSource.SCHEDULED), meter)
    assert len(asked) == 1
    assert [r.error for r in answer.results] == [ItemError.NO_ANSWER] * len(PROFILE.periodic)


@pytest.mark.parametrize("size", [7, 30, 100])
def test_an_answer_in_pieces_is_the_same(size: int) -> None:
    items = ("00100200", "00200200", "00500200")
    whole, pieces = read(simulated()[0], *items), read(simulated(size)[0], *items)
    assert [(r.name, r.text, r.error) for r in pieces.results] == [(r.name, r.text, r.error) for r in whole.results]
    assert len(whole.readings) == 11  # quadrants have no tariffs here


def test_a_piece_that_is_lost_is_no_answer() -> None:
    reply, _ = simulated(30)

    def losing(request: dlt698.Frame) -> Sequence[dlt698.Frame]:
        return [] if request.is_split else reply(request)

    assert {r.error for r in read(losing, "00100200").results} == {ItemError.NO_ANSWER}


def test_profile_and_address_say_who_asks_whom() -> None:
    profile = replace(PROFILE, client=0x21, logical_device=2, objects_per_request=1)
    meter, asked = counting(knowing(oad_200F0200=FIFTY, oad_20000201="12 08FD"))
    assert [r.error for r in read(meter, "frequency", "voltage_l1", profile=profile).results] == [None, None]
    assert [(f.client, f.server.logical, f.data[1]) for f in asked] == [(0x21, 2, 1)] * 2


@pytest.mark.parametrize("wrong", [{"objects_per_request": 0}, {"client": 256}, {"logical_device": 4}])
def test_a_profile_that_cannot_be_spoken_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be in"):
        replace(PROFILE, **wrong)  # type: ignore[arg-type]  # any field


def test_what_is_stored_is_not_read_yet() -> None:
    meter, asked = counting(simulated()[0])
    assert converse(driver().read_daily_freeze(METER, [1, 2]), meter).results == ()
    assert converse(driver().read_load_profile(METER, NOW, 4), meter).results == ()
    assert asked == []


def test_the_table_of_objects_tells_in_the_units_and_decimals_of_the_reading_types() -> None:
    found = [(t, objects.find(oad)) for t in TYPES.rows if (oad := objects.oad_of(t.name)) is not None]
    assert len(found) >= 40
    for reading_type, quantity in found:
        assert quantity is not None
        assert (quantity.unit, quantity.decimals <= reading_type.decimals) == (reading_type.unit, True)
    registers = {t.name for t in TYPES.rows if t.kind is ReadingKind.REGISTER}
    unread = {name for name in registers if objects.oad_of(name) is None}
    assert unread == {"apparent_energy_import", "apparent_energy_export"}
