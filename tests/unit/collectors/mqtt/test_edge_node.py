"""Edge nodes: metrics become readings of the right meter in its own time, and what is not understood is asked for."""

from __future__ import annotations

import struct
from datetime import timedelta
from decimal import Decimal

from collectors.mqtt.messages import Hearing, State, Station
from headend.domain.collection import ItemError
from headend.domain.events import EventKind
from headend.domain.quality import ReadingQuality
from headend.domain.readings import Reading, ReadingSource
from protocols.sparkplug import DataType, Metric, Payload, Value, ValueField, encode, encode_number, parse
from tests.unit.collectors.test_mqtt_driver import DRIVER, NOW, meter

M1, M2, GATE = (meter("sparkplug-b", f"plant/gate{device}") for device in ("/m1", "/m2", ""))
AT = int(NOW.timestamp() * 1000)


def energy(wh: int, alias: int = 1, name: str = "active_energy_import", *, at: int = AT, old: bool = False) -> Metric:
    return Metric(name, alias, at, 4 if name else 0, old, value=encode_number(Decimal(wh), DataType.INT64))


def station() -> Station:
    made = DRIVER.station(M1)
    made.serve([M1, GATE])
    return made


def say(to: Station, kind: str, seq: int | None, *metrics: Metric, device: str = "", retained: bool = False) -> Hearing:
    topic = "/".join(["spBv1.0", "plant", kind, "gate", *([device] if device else [])])
    return to.hear(State(topic, encode(Payload(AT, metrics, seq)), retained, NOW))


def born(to: Station) -> Hearing:
    say(to, "NBIRTH", 0, energy(100))
    return say(to, "DBIRTH", 1, energy(1_234_560), device="m1")


def readings(hearing: Hearing) -> list[Reading]:
    return [r for report in hearing.reports for r in DRIVER.told(report, ReadingSource.PUSHED).readings]


def test_one_station_serves_a_node_and_its_devices() -> None:
    assert DRIVER.station_name(M1) == DRIVER.station_name(M2) == DRIVER.station_name(GATE)
    assert DRIVER.station(M1).filters == DRIVER.station(M2).filters


def test_metrics_are_readings_of_their_meter_in_its_unit_and_time() -> None:
    to = station()
    (reading,) = readings(born(to))
    assert (reading.installation_id, f"{reading.value:f}", reading.unit) == (M1.id, "1234.560", "kWh")
    assert (reading.measured_at, reading.qualities) == (NOW, frozenset())
    (later,) = readings(say(to, "DDATA", 2, energy(1_234_570, name="", at=AT + 1500), device="m1"))
    assert (f"{later.value:f}", later.measured_at - NOW) == ("1234.570", timedelta(seconds=1.5))


def test_a_device_that_nobody_registered_is_heard_for_its_number_only() -> None:
    to = station()
    born(to)
    assert say(to, "DBIRTH", 2, energy(9), device="m2").reports == ()
    assert say(to, "DDATA", 3, energy(1_234_570, name=""), device="m1").news == ()


def test_history_is_a_reading_of_its_time_and_answers_nobody() -> None:
    to = station()
    born(to)
    hearing = say(to, "DDATA", 2, energy(1, name="", at=AT - 3_600_000, old=True), device="m1")
    (reading,) = readings(hearing)
    assert reading.measured_at == NOW - timedelta(hours=1)
    assert not DRIVER.is_enough(M1, ["active_energy_import"], hearing.reports)
    answer = DRIVER.answer(M1, ["active_energy_import"], ReadingSource.ON_DEMAND, hearing.reports)
    assert [result.error for result in answer.results] == [ItemError.NO_ANSWER]


def test_a_float_is_the_decimal_that_it_was_made_of() -> None:
    to = station()
    born(to)
    volts = Metric("voltage_l1", None, AT, 9, value=Value(ValueField.FLOAT, struct.pack("<f", 230.2)))
    crooked = Metric("voltage_l2", None, AT, 9, value=Value(ValueField.FLOAT, struct.pack("<f", 230.25)))
    first, second = readings(say(to, "DDATA", 2, volts, crooked, device="m1"))
    assert (str(first.value), first.qualities) == ("230.2", frozenset())
    assert (str(second.value), second.qualities) == ("230.2", {ReadingQuality.ROUNDED})


def test_a_time_before_the_clock_was_set_is_no_reading() -> None:
    to = station()
    born(to)
    assert readings(say(to, "DDATA", 2, energy(7, name="", at=12), device="m1")) == []


def test_who_is_not_understood_is_asked_for_a_birth_less_and_less_often() -> None:
    to = station()
    request = to.wish(NOW)
    assert request is not None and request.topic == "spBv1.0/plant/NCMD/gate"
    assert [metric.name for metric in parse(request.payload).metrics] == ["Node Control/Rebirth"]
    asked = [second for second in range(1, 600) if to.wish(NOW + timedelta(seconds=second))]
    assert asked == [5, 15, 35, 75, 155, 315]
    say(to, "DDATA", 9, energy(7, name=""), device="m1")
    assert to.wish(NOW + timedelta(seconds=321)) is not None
    born(to)
    assert to.wish(NOW + timedelta(hours=1)) is None


def test_a_gap_is_told_of_every_meter_behind_the_node_and_asks_for_a_birth() -> None:
    to = station()
    born(to)
    hearing = say(to, "DDATA", 4, energy(7, name=""), device="m1")
    assert [(news.kind, news.installation.meter.server_address) for news in hearing.news] == [
        (EventKind.MESSAGES_LOST, "plant/gate/m1"),
        (EventKind.MESSAGES_LOST, "plant/gate"),
    ]
    assert (readings(hearing), to.wish(NOW) is None) == ([], False)


def test_death_and_birth_are_told_once_each() -> None:
    to = station()
    born(to)
    said = [say(to, "NDEATH", None), say(to, "NDEATH", None), say(to, "NBIRTH", 0, energy(101)), born(to)]
    kinds = [[(news.kind.value, news.installation.meter.server_address[-2:]) for news in each.news] for each in said]
    assert kinds == [
        [("meter_silent", "te"), ("meter_silent", "m1")],
        [],
        [("meter_back", "te")],
        [("meter_back", "m1")],
    ]


def test_a_retained_birth_gives_no_alias_a_meaning() -> None:
    to = station()
    say(to, "NBIRTH", 0, energy(100), retained=True)
    assert readings(say(to, "NDATA", 1, energy(101, name=""))) == []


def test_nonsense_is_told_of_the_meter_it_came_for() -> None:
    (report,) = station().hear(State("spBv1.0/plant/DDATA/gate/m1", b"\xff", False, NOW)).reports
    assert report.problem and report.installation == M1


def test_a_new_connection_believes_no_old_alias() -> None:
    to = station()
    born(to)
    to.connected()
    assert readings(say(to, "DDATA", 2, energy(7, name=""), device="m1")) == []
