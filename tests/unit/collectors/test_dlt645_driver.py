"""The DL/T 645 driver against the simulator's face, byte for byte but without a line: pure generators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from collectors.conversation import Answer, Conversation
from collectors.driver import Site
from collectors.drivers.dlt645 import Dlt645Driver
from collectors.profiles import Dlt645Profile
from headend import shipped
from headend.domain.collection import ItemError, MeterAnswer
from headend.domain.errors import NoAnswer
from headend.domain.metering import CustomerClass, Line, Meter, MeterInstallation, Protocol, UsagePoint
from headend.domain.quality import ReadingQuality
from headend.domain.readings import RawFrame, ReadingSource
from protocols import dlt645
from protocols.dlt645.data_identifiers import encode_values

NOW = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
TYPES = shipped.reading_types(shipped.config_root())
PROFILES = shipped.profiles(shipped.config_root(), "dlt645", Dlt645Profile)
DRIVER = Dlt645Driver(PROFILES, Site(TYPES, ZONE, lambda: NOW))
LINE = Line(1, "tcp://x:1")
METER = MeterInstallation(
    1,
    UsagePoint(1, "UP", CustomerClass.RESIDENTIAL),
    Meter(1, "A", Protocol.DLT645, "dlt645-2007", "000000000001", LINE),
    NOW - timedelta(days=90),
)
Finding = TypeVar("Finding")
Reply = Callable[[dlt645.Frame], Sequence[dlt645.Frame]]


def converse(conversation: Conversation[Finding], reply: Reply, later: timedelta = timedelta(0)) -> Finding:
    """Answer each ask with the frames of `reply` that fit it; silence where none does."""
    try:
        ask = next(conversation)
        while True:
            request = dlt645.Connection().receive(ask.request)[0].frame
            events = [dlt645.FrameReceived(frame, dlt645.encode(frame, preamble=0)) for frame in reply(request)]
            fitting = [event for event in events if ask.answers(event)]
            if fitting:
                frame = RawFrame(ask.request, fitting[0].raw)
                ask = conversation.send(Answer(fitting[0], frame, NOW + later, NOW + later))
            else:
                ask = conversation.throw(NoAnswer("silence", was_heard=bool(events)))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # the generator's own return


def knowing(**payloads: bytes) -> Reply:
    """A meter that knows these identifiers (di_00010000=...) and refuses all others."""
    known = {name.removeprefix("di_").upper(): payload for name, payload in payloads.items()}

    def reply(request: dlt645.Frame) -> Sequence[dlt645.Frame]:
        asked = dlt645.read_request(request)
        assert asked is not None
        if asked.di not in known:
            return [dlt645.error_reply(request, 0x02)]
        frames = dlt645.read_reply(request, known[asked.di])
        first = dlt645.read(request.address, asked.di)
        return [dlt645.read_reply(first, known[asked.di])[asked.sequence]] if asked.sequence else frames[:1]

    return reply


def read(reply: Reply, *items: str) -> MeterAnswer:
    return converse(DRIVER.read(METER, items, ReadingSource.ON_DEMAND), reply)


def test_answers_come_in_the_order_asked_with_exact_values() -> None:
    answer = read(
        knowing(di_00010000=bytes.fromhex("56341200"), di_02010100=bytes.fromhex("0123")),
        "1-0:32.7.0",
        "active_energy_import",
        "00010000",
    )
    assert [(r.item, r.text, r.unit) for r in answer.results] == [
        ("1-0:32.7.0", "230.1", "V"),
        ("active_energy_import", "1234.56", "kWh"),
        ("00010000", "1234.56", "kWh"),
    ]
    assert answer.readings[1].value == Decimal("1234.56")


def test_without_the_meters_clock_the_time_is_ours_and_says_so() -> None:
    answer = read(knowing(di_00010000=bytes(4)), "00010000")
    assert answer.readings[0].qualities == {ReadingQuality.TIME_FROM_HEADEND}


def test_with_the_meters_clock_values_bear_the_meters_time() -> None:
    """The meter's clock is 12:30:05 local, ours 04:30:00 UTC: five seconds ahead."""
    meter = knowing(
        di_04000101=encode_values("04000101", ["2026-03-01", 0]),
        di_04000102=encode_values("04000102", ["12:30:05"]),
        di_00010000=bytes(4),
    )
    answer = read(meter, "clock", "00010000")
    offset, energy = answer.readings
    assert (offset.reading_type.name, offset.value) == ("clock_offset", 5)
    assert offset.measured_at == NOW, "two offsets within one second of the meter are two readings"
    assert energy.measured_at == NOW + timedelta(seconds=5)
    assert energy.received_at == NOW
    assert not energy.qualities


@pytest.mark.parametrize("hour", [0, 1])
def test_in_an_hour_that_comes_twice_the_clock_is_taken_for_the_nearer_one(hour: int) -> None:
    """25 October 2026 in Berlin: 02:30 is 00:30 UTC and, once more, 01:30 UTC."""
    now = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
    driver = Dlt645Driver(PROFILES, Site(TYPES, ZoneInfo("Europe/Berlin"), lambda: now))
    meter = knowing(
        di_04000101=encode_values("04000101", ["2026-10-25", 0]),
        di_04000102=encode_values("04000102", ["02:30:07"]),
    )
    answer = converse(driver.read(METER, ["clock"], ReadingSource.SCHEDULED), meter, later=now - NOW)
    assert [reading.value for reading in answer.readings] == [7]


def test_two_reads_within_one_second_of_the_meter_bear_two_times() -> None:
    """Found with a full disk under load: both had borne the meter's second plus their equal time on the wire."""
    meter = knowing(
        di_04000101=encode_values("04000101", ["2026-03-01", 0]),
        di_04000102=encode_values("04000102", ["12:30:00"]),
        di_00010000=bytes(4),
    )
    items = ("clock", "00010000")
    times = [
        converse(DRIVER.read(METER, items, ReadingSource.ON_DEMAND), meter, timedelta(milliseconds=later)).readings
        for later in (200, 700)
    ]
    assert [readings[0].value for readings in times] == [0, 0]
    assert times[1][1].measured_at - times[0][1].measured_at == timedelta(milliseconds=500)


def test_a_midnight_between_date_and_time_is_asked_again() -> None:
    asked: list[str] = []

    def reply(request: dlt645.Frame) -> Sequence[dlt645.Frame]:
        di = dlt645.read_request(request).di  # type: ignore[union-attr]  # a read
        asked.append(di)
        day = "2026-02-28" if len(asked) == 1 else "2026-03-01"
        values = {"04000101": [day, 0], "04000102": ["12:30:00"]}[di]
        return dlt645.read_reply(request, encode_values(di, values))

    answer = read(reply, "clock")
    assert asked == ["04000101", "04000102"] * 2
    assert answer.readings[0].value == 0


def test_a_refusal_is_not_silence_and_not_nonsense() -> None:
    answer = read(knowing(di_02010100=bytes.fromhex("1A23")), "00010000", "02010100", "temperature")
    assert [r.error for r in answer.results] == [ItemError.REFUSED, ItemError.INVALID_DATA, ItemError.REFUSED]
    assert "no requested data" in answer.results[0].reason
    assert answer.is_answered
    assert not answer.readings


def test_an_absent_phase_is_not_present_and_its_neighbours_count() -> None:
    answer = read(knowing(di_0201ff00=bytes.fromhex("0123FFFFFFFF")), "0201FF00")
    assert [(r.name, r.text, r.error) for r in answer.results] == [
        ("voltage_l1", "230.1", None),
        ("voltage_l2", None, ItemError.NOT_PRESENT),
        ("voltage_l3", None, ItemError.NOT_PRESENT),
    ]


def test_the_address_is_that_of_the_data() -> None:
    answer = read(lambda request: [dlt645.address_reply("000000000042")], "address")
    assert (answer.results[0].text, answer.results[0].error) == ("000000000042", None)
    assert not answer.readings


def test_a_silent_meter_is_not_asked_for_everything() -> None:
    asked: list[dlt645.Frame] = []

    def silence(request: dlt645.Frame) -> Sequence[dlt645.Frame]:
        asked.append(request)
        return []

    items = DRIVER.periodic_items(METER)
    answer = converse(DRIVER.read(METER, items, ReadingSource.SCHEDULED), silence)
    assert len(asked) == 1
    assert len(answer.results) == len(items)
    assert not answer.is_answered


@pytest.mark.parametrize("stranger", ["address", "identifier", "direction"])
def test_a_strangers_reply_is_never_a_value(stranger: str) -> None:
    def reply(request: dlt645.Frame) -> Sequence[dlt645.Frame]:
        true = dlt645.read_reply(request, bytes(4))[0]
        return {
            "address": [dlt645.Frame("000000000002", true.control, true.data)],
            "identifier": [dlt645.Frame(true.address, true.control, bytes.fromhex("00000200") + bytes(4))],
            "direction": [request],
        }[stranger]

    assert read(reply, "00010000").results[0].error is ItemError.NO_ANSWER


def test_an_unknown_item_costs_no_wire() -> None:
    answer = read(lambda request: pytest.fail("asked"), "clock_offset")
    assert answer.results[0].error is ItemError.NOT_SUPPORTED


def test_a_freeze_is_stamped_with_the_meters_midnight() -> None:
    meter = knowing(
        di_05060001=encode_values("05060001", ["2026-03-01 00:00"]),
        di_05060101=encode_values("05060101", ["100.00", "25.00", "25.00", "25.00", "25.00"]),
    )
    answer = converse(DRIVER.read_daily_freeze(METER, [1]), meter)
    total = answer.readings[0]
    assert (total.reading_type.name, total.value) == ("active_energy_import", Decimal("100.00"))
    assert total.measured_at == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert total.source is ReadingSource.DAILY_FREEZE
    assert len(answer.readings) == 5


def test_a_long_answer_is_joined_from_its_pieces() -> None:
    payload = encode_values("0001FF00", [f"{n}.00" for n in range(64)])
    answer = read(knowing(di_0001ff00=payload), "0001FF00")
    assert len(answer.results) == 64
    assert answer.results[63].text == "63.00"


def telling(*payloads: str) -> Reply:
    """A line on which the n-th reply brings the n-th payload, then the last; register 00010100 has one form."""
    left = [bytes.fromhex(payload) for payload in payloads]

    def reply(request: dlt645.Frame) -> Sequence[dlt645.Frame]:
        return dlt645.read_reply(request, left.pop(0) if len(left) > 1 else left[0])

    return reply


def test_a_register_counts_when_two_reads_agree_and_both_frames_prove_it() -> None:
    (result,) = read(telling("56341200"), "00010100").results
    assert result.text == "1234.56"
    assert result.frame is not None
    assert result.frame.request.count(b"\xfe\xfe\xfe\xfe") == result.frame.reply.count(b"\x16") == 2


def test_a_damaged_read_is_outvoted_by_two() -> None:
    for payloads in (("56341200", "56349200", "56341200"), ("56349200", "56341200", "56341200")):
        (result,) = read(telling(*payloads), "00010100").results
        assert result.text == "1234.56"


def test_three_reads_that_disagree_are_no_reading_and_all_are_told() -> None:
    answer = read(telling("56341200", "00000100", "99990000"), "00010100")
    assert (answer.readings, answer.results[0].error) == ((), ItemError.INVALID_DATA)
    assert "56341200, 00000100, 99990000" in answer.results[0].reason


def test_a_register_that_moved_on_between_two_reads_agrees_with_itself() -> None:
    (result,) = read(telling("56341200", "57341200"), "00010100").results
    assert result.text == "1234.57"


def test_a_register_that_went_back_or_jumped_does_not() -> None:
    for second in ("55341200", "56351200"):
        (result,) = read(telling("56341200", second, second), "00010100").results
        assert result.frame is not None
        assert result.text == {"55341200": "1234.55", "56351200": "1235.56"}[second], "the two later reads agree"


def test_what_nobody_bills_is_read_once() -> None:
    (result,) = read(telling("0123", "0999"), "02010100").results
    assert result.text == "230.1"


def test_a_lost_second_read_is_asked_for_again() -> None:
    left = [True, False, True]

    def losing_the_second(request: dlt645.Frame) -> Sequence[dlt645.Frame]:
        return dlt645.read_reply(request, bytes.fromhex("56341200")) if left.pop(0) else []

    (result,) = read(losing_the_second, "00010100").results
    assert result.text == "1234.56"


def test_a_register_whose_second_read_stays_unanswered_is_no_reading() -> None:
    replies = [dlt645.read_reply]

    def once(request: dlt645.Frame) -> Sequence[dlt645.Frame]:
        return replies.pop()(request, bytes.fromhex("56341200")) if replies else []

    answer = read(once, "00010100")
    assert (answer.readings, answer.results[0].error) == ((), ItemError.NO_ANSWER)


def register(total: str, *tariffs: str) -> dict[str, bytes]:
    """A register alone and as a block, by their data identifiers."""
    members = [*map(Decimal, (total, *tariffs))]
    return {
        "di_00010000": encode_values("00010000", members[:1]),
        "di_0001ff00": encode_values("0001FF00", members),
    }


def in_turn(*meters: Reply) -> Reply:
    """A meter that behaves like each of these for one request; like the last one for ever."""
    left = list(meters)
    return lambda request: (left.pop(0) if len(left) > 1 else left[0])(request)


TRUE = knowing(**register("1234.56", "1000.00", "234.56"))
SWAPPED = knowing(**register("3412.56", "1000.00", "234.56"))


@pytest.mark.parametrize("item", ["00010000", "0001FF00"])
def test_a_total_counts_when_it_and_its_block_tell_the_same(item: str) -> None:
    result = read(TRUE, item).results[0]
    assert result.text == "1234.56"
    assert result.frame is not None
    heard = dlt645.Connection().receive(result.frame.request)
    asked = [event.frame.data[::-1].hex().upper() for event in heard if isinstance(event, dlt645.FrameReceived)]
    assert sorted(asked) == ["00010000", "0001FF00"]


@pytest.mark.parametrize("item", ["00010000", "0001FF00"])
def test_the_same_damage_to_both_forms_is_no_reading_until_it_ends(item: str) -> None:
    assert read(in_turn(SWAPPED, SWAPPED, TRUE), item).results[0].text == "1234.56"
    answer = read(in_turn(SWAPPED, TRUE, SWAPPED, TRUE, SWAPPED, TRUE), item)
    assert (answer.readings, answer.results[0].error) == ((), ItemError.INVALID_DATA)


def test_tariffs_that_do_not_add_up_by_the_meters_own_making_are_believed_the_second_time() -> None:
    odd = knowing(**register("1234.56", "1.00", "2.00"))
    assert read(odd, "0001FF00").results[0].text == "1234.56"
    assert read(in_turn(odd, odd, TRUE), "0001FF00").results[1].text == "1000.00", "once is not enough"


def test_a_meter_without_tariffs_or_without_blocks_is_read_twice() -> None:
    assert read(knowing(**register("1234.56")), "00010000").results[0].text == "1234.56"
    assert read(knowing(di_00010000=encode_values("00010000", ["1234.56"])), "00010000").results[0].text == "1234.56"


def test_a_meter_that_is_silent_about_blocks_is_read_twice() -> None:
    def silent(request: dlt645.Frame) -> Sequence[dlt645.Frame]:
        asked = dlt645.read_request(request)
        assert asked is not None
        known = encode_values("00010000", ["1234.56"])
        return dlt645.read_reply(request, known) if asked.di == "00010000" else []

    assert read(silent, "00010000").results[0].text == "1234.56"


def test_a_total_whose_block_is_heard_badly_is_not_believed_by_itself() -> None:
    """The same damage to two replies makes them equal, so on a bad line the weaker proof is none."""

    def badly_heard(request: dlt645.Frame) -> Sequence[dlt645.Frame]:
        asked = dlt645.read_request(request)
        assert asked is not None
        if asked.di == "00010000":
            return dlt645.read_reply(request, encode_values("00010000", ["3412.56"]))
        return dlt645.read_reply(dlt645.read("990000000000", asked.di), bytes(20))

    answer = read(badly_heard, "00010000")
    assert (answer.readings, answer.results[0].error) == ((), ItemError.INVALID_DATA)
    assert "knows_blocks" in answer.results[0].reason
    assert read(in_turn(badly_heard, badly_heard, TRUE), "00010000").results[0].text == "1234.56"
