"""The MQTT driver without a broker: published payloads give exact values in the table's units, at the right time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from collectors.driver import Site
from collectors.drivers.mqtt import MqttDriver, address_in
from collectors.mqtt.messages import Hearing, Request, State
from collectors.profiles import MqttProfile
from headend import shipped
from headend.domain.collection import ItemError, MeterAnswer
from headend.domain.errors import ConfigError
from headend.domain.metering import CustomerClass, Line, Meter, MeterInstallation, Protocol, UsagePoint
from headend.domain.quality import ReadingQuality
from headend.domain.readings import ReadingSource
from tests.unit.protocols.mqtt.test_payload import TASMOTA

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
TYPES = shipped.reading_types(shipped.config_root())
PROFILES = shipped.telling_profiles(shipped.config_root(), "mqtt", MqttProfile, TYPES)
DRIVER = MqttDriver(PROFILES, Site(TYPES, ZoneInfo("Europe/Berlin"), lambda: NOW))


def meter(profile: str, address: str) -> MeterInstallation:
    row = Meter(1, address, Protocol.MQTT, profile, address, Line(1, "mqtt://broker:1883"))
    return MeterInstallation(1, UsagePoint(1, "UP", CustomerClass.RESIDENTIAL), row, NOW - timedelta(days=1))


PLUG, OURS = meter("tasmota", "plug"), meter("headend-json", "000000000001")


def topic(installation: MeterInstallation) -> str:
    (only,) = DRIVER.station(installation).filters
    return only


def hear(installation: MeterInstallation, state: State) -> Hearing:
    return DRIVER.station(installation).hear(state)


def read(installation: MeterInstallation, payload: bytes, *items: str) -> MeterAnswer:
    reports = hear(installation, State(topic(installation), payload, False, NOW)).reports
    return DRIVER.answer(installation, items, ReadingSource.ON_DEMAND, reports)


def told(payload: bytes, *, is_retained: bool = False) -> MeterAnswer:
    reports = hear(OURS, State("t", payload, is_retained, NOW)).reports
    return DRIVER.told(reports[0], ReadingSource.PUSHED) if reports else MeterAnswer(OURS, (), ())


@pytest.mark.parametrize(
    ("item", "text", "unit"),
    [
        ("active_energy_import", "1.753", "kWh"),
        ("active_power", "0.005", "kW"),
        ("apparent_power", "0.018", "kVA"),
        ("reactive_power", "0.017", "kvar"),
        ("power_factor", "0.29", ""),
        ("1-0:32.7.0", "228", "V"),
        ("1-0:31.7.0", "0.08", "A"),
        ("frequency", "50", "Hz"),
    ],
)
def test_the_published_tasmota_message_is_read_exactly(item: str, text: str, unit: str) -> None:
    (result,) = read(PLUG, TASMOTA, item).results
    assert (result.text, result.unit, result.error) == (text, unit, None)
    assert result.measured_at == datetime(2020, 1, 2, 2, 4, 5, tzinfo=UTC)  # its own local time, in Berlin


def test_topics_are_those_of_the_meter() -> None:
    assert topic(PLUG) == "tele/plug/SENSOR"
    assert topic(OURS) == "meters/000000000001/state"
    assert DRIVER.station(OURS).request(OURS, NOW) == Request("meters/000000000001/get", b"")
    assert DRIVER.station(PLUG).request(PLUG, NOW) is None


def test_a_meter_that_cannot_be_asked_has_no_periodic_items() -> None:
    assert DRIVER.periodic_items(PLUG) == ()
    assert "active_energy_import" in DRIVER.periodic_items(OURS)


def test_without_a_time_the_time_is_ours_and_says_so() -> None:
    (reading,) = told(b'{"active_energy_import":"1.00"}').readings
    assert (reading.measured_at, reading.qualities) == (NOW, frozenset({ReadingQuality.TIME_FROM_HEADEND}))
    assert told(b'{"active_energy_import":"1.00"}', is_retained=True).readings == ()


def test_with_a_time_even_a_retained_state_is_a_reading() -> None:
    (reading,) = told(b'{"time":"2026-11-24T07:00:00Z","frequency":50.01}', is_retained=True).readings
    assert (str(reading.value), reading.measured_at) == ("50.01", NOW - timedelta(hours=1))


def test_what_a_state_lacks_is_no_error_when_nobody_asked() -> None:
    answer = told(b'{"time":"2026-11-24T07:00:00Z","frequency":null}')
    assert (answer.results, answer.readings) == ((), ())


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        (b"", ItemError.INVALID_DATA),
        (b'{"time":"1970-01-01T00:00:00Z","frequency":50}', ItemError.INVALID_DATA),
        (b'{"frequency":"fifty"}', ItemError.INVALID_DATA),
        (b'{"frequency":123456789012}', ItemError.INVALID_DATA),
        (b"{}", ItemError.NOT_PRESENT),
    ],
)
def test_nonsense_is_never_a_reading(payload: bytes, error: ItemError) -> None:
    answer = read(OURS, payload, "frequency")
    assert [result.error for result in answer.results] == [error]
    assert answer.readings == ()


def test_what_the_profile_lacks_is_not_supported() -> None:
    answer = read(OURS, b'{"frequency":50}', "02800002", "temperature", "clock", "frequency")
    assert [result.error for result in answer.results] == [ItemError.NOT_SUPPORTED] * 3 + [None]


def test_an_answer_carries_request_and_reply_as_its_proof() -> None:
    request = DRIVER.station(OURS).request(OURS, NOW)
    state = State("meters/000000000001/state", b'{"frequency":50}', False, NOW, request, NOW)
    (reading,) = DRIVER.answer(OURS, ["frequency"], ReadingSource.ON_DEMAND, hear(OURS, state).reports).readings
    assert reading.frame is not None
    assert reading.frame.request == b"meters/000000000001/get "
    assert reading.frame.reply == b'meters/000000000001/state {"frequency":50}'


def test_the_address_of_a_url_is_found_by_the_profile_s_topic() -> None:
    assert address_in(PROFILES["tasmota"], "tele/plug/SENSOR") == "plug"
    with pytest.raises(ConfigError, match=re.escape("write tele/{address}/SENSOR")) as wrong:
        address_in(PROFILES["tasmota"], "stat/plug/STATUS8")
    assert wrong.value.key == "url"
