"""Devices: bare numbers on many topics, status, numbered messages, and a payload that says it is somebody else."""

from __future__ import annotations

from dataclasses import replace

from collectors.mqtt.messages import Hearing, State
from headend.domain.collection import ItemError
from headend.domain.events import EventKind
from headend.domain.quality import ReadingQuality
from headend.domain.readings import ReadingSource
from tests.unit.collectors.test_mqtt_driver import DRIVER, NOW, OURS, meter

NODE = meter("esphome-pzemac", "pzem")
POWER, ENERGY = "pzem/sensor/pzem-004t_v3_power/state", "pzem/sensor/pzem-004t_v3_energy/state"
OURS_TOPIC = "meters/000000000001/state"


def state(topic: str, payload: bytes) -> State:
    return State(topic, payload, False, NOW)


def numbered(number: object, energy: str = "1.00", meter_name: str = "000000000001") -> bytes:
    return f'{{"seq":{number},"meter":"{meter_name}","active_energy_import":"{energy}"}}'.encode()


def hear_ours(*payloads: bytes) -> list[Hearing]:
    station = DRIVER.station(OURS)
    return [station.hear(state(OURS_TOPIC, payload)) for payload in payloads]


def test_a_node_is_listened_to_on_all_its_topics() -> None:
    filters = DRIVER.station(NODE).filters
    assert {POWER, ENERGY, "pzem/status"} <= filters
    assert len(filters) == 7


def test_a_bare_number_is_one_reading_at_our_time() -> None:
    (report,) = DRIVER.station(NODE).hear(state(POWER, b"431.70")).reports
    (reading,) = DRIVER.told(report, ReadingSource.PUSHED).readings
    assert (reading.reading_type.name, f"{reading.value:f}") == ("active_power", "0.43170")
    assert (reading.measured_at, reading.qualities) == (NOW, {ReadingQuality.TIME_FROM_HEADEND})


def test_nan_is_not_present_and_rubbish_is_invalid_and_neither_is_a_number() -> None:
    station = DRIVER.station(NODE)
    rubbish = [b"", b"inf", b"unavailable", b"1_0", b"9" * 65_536, b"\xff", b"{}"]
    cases = [(b"nan", ItemError.NOT_PRESENT), (b"NaN", ItemError.NOT_PRESENT)]
    for payload, error in [*cases, *((raw, ItemError.INVALID_DATA) for raw in rubbish)]:
        reports = station.hear(state(POWER, payload)).reports
        answer = DRIVER.answer(NODE, ["active_power"], ReadingSource.ON_DEMAND, reports)
        assert ([result.error for result in answer.results], answer.readings) == ([error], ())


def test_a_retained_number_is_old() -> None:
    (report,) = DRIVER.station(NODE).hear(replace(state(POWER, b"1"), is_retained=True)).reports
    assert DRIVER.told(report, ReadingSource.PUSHED).readings == ()


def test_a_read_waits_for_the_topics_of_its_items_and_no_others() -> None:
    station = DRIVER.station(NODE)
    (power,) = station.hear(state(POWER, b"431.7")).reports
    (energy,) = station.hear(state(ENERGY, b"1000")).reports
    items = ["active_energy_import", "active_power", "clock"]
    assert not DRIVER.is_enough(NODE, items, [power])
    assert DRIVER.is_enough(NODE, items, [power, energy])
    answer = DRIVER.answer(NODE, items, ReadingSource.ON_DEMAND, [power])
    assert [result.error for result in answer.results] == [ItemError.NO_ANSWER, None, ItemError.NOT_SUPPORTED]


def test_offline_and_online_are_told_once_each() -> None:
    station = DRIVER.station(NODE)
    said = [station.hear(state("pzem/status", word)).news for word in (b"online", b"offline", b"offline", b"online")]
    assert [[news.kind for news in each] for each in said] == [[], [EventKind.METER_SILENT], [], [EventKind.METER_BACK]]


def test_lost_messages_are_told_and_the_one_that_came_is_a_reading() -> None:
    first, gap = hear_ours(numbered(7), numbered(10))
    assert first.news == ()
    assert [(news.kind, news.detail) for news in gap.news] == [
        (EventKind.MESSAGES_LOST, "2 of its messages did not come")
    ]
    assert len(gap.reports) == 1


def test_a_message_that_comes_again_is_not_a_second_reading() -> None:
    first, again, other = hear_ours(numbered(7), numbered(7), numbered(8, "1.01"))
    assert [len(hearing.reports) for hearing in (first, again, other)] == [1, 0, 1]


def test_after_a_lost_connection_the_same_message_is_taken_again_for_it_may_not_be_durable() -> None:
    station = DRIVER.station(OURS)
    messages = [state(OURS_TOPIC, numbered(7)), state(OURS_TOPIC, numbered(8))]
    heard = [station.hear(message) for message in messages]
    station.connected()
    again = [station.hear(message) for message in [*messages, *messages]]
    assert [len(hearing.reports) for hearing in [*heard, *again]] == [1, 1, 1, 1, 0, 0]
    assert not [hearing for hearing in again if hearing.news]


def test_a_meter_that_starts_anew_has_lost_nothing() -> None:
    assert [hearing.news for hearing in hear_ours(numbered(900), numbered(0), numbered(1))] == [(), (), ()]


def test_a_payload_of_another_meter_is_never_a_reading_of_this_one() -> None:
    foreign, own = hear_ours(numbered(1, "6.66", "000000000002"), numbered(1))
    answers = [DRIVER.told(hearing.reports[0], ReadingSource.PUSHED) for hearing in (foreign, own)]
    assert (answers[0].readings, len(answers[1].readings)) == ((), 1)
    assert "another meter's topic" in answers[0].results[0].reason


def test_what_is_no_sequence_number_is_no_reading() -> None:
    for number in ("-1", "1.5", '"1"', "true", "9" * 40):
        (hearing,) = hear_ours(numbered(number))
        assert DRIVER.told(hearing.reports[0], ReadingSource.PUSHED).readings == ()
