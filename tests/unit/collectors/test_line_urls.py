"""URLs of lines and devices: read strictly, written back the same, refused with the reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from collectors.line_urls import parse_device, parse_line
from headend.domain.errors import ConfigError
from headend.domain.metering import Protocol


@pytest.mark.parametrize(
    "url",
    [
        "tcp://10.0.0.5:8899",
        "tcp://gateway:4001?framing=rtu",
        "serial:///dev/ttyUSB0",
        "serial:///dev/pts/3?baudrate=9600&parity=N",
        "mqtt://b:1883",
        "mqtt://b:1883?username=head+end&password_file=/etc/headend/password",
        "mqtts://b:8883",
        "mqtts://b:8883?ca=/a.pem&cert=/c.pem&key=/k.pem",
    ],
)
def test_a_line_is_written_back_as_it_was_read(url: str) -> None:
    assert str(parse_line(url)) == url


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://x:1", "none of"),
        ("tcp://x", "port"),
        ("tcp://:99", "host"),
        ("tcp://x:99999", "port"),
        ("tcp://x:9/a", "no path"),
        ("tcp://x:9?framing=ascii", "none of mbap, rtu"),
        ("mqtt://x:9?framing=rtu", "unknown option"),
        ("mqtt://x:9?ca=/a", "unknown option 'ca'"),
        ("mqtts://x:9?cert=/a", "cert needs key"),
        ("mqtts://x:9?key=/a", "key needs cert"),
        ("mqtts://x:9?password_file=/a", "needs username"),
        ("mqtts://x:9?ca=a.pem", "whole path"),
        ("mqtts://x:9?ca=", "is empty"),
        ("serial://ttyUSB0", "device"),
        ("serial:///dev/x?baud=9600", "unknown option 'baud'"),
        ("serial:///dev/x?parity=E&parity=N", "twice"),
        ("", "no scheme"),
    ],
)
def test_a_wrong_line_is_refused_with_the_reason(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_line(url)


def test_a_device_has_protocol_line_address_and_profile() -> None:
    device = parse_device("dlt645+serial:///dev/ttyS1/42?baudrate=1200")
    assert device.protocol is Protocol.DLT645
    assert str(device.line) == "serial:///dev/ttyS1?baudrate=1200"
    assert device.server_address == "000000000042"
    assert device.profile == "dlt645-2007"


def test_a_dlt698_device_has_twelve_digits_or_is_whoever_is_there() -> None:
    device = parse_device("dlt698+tcp://h:1/42")
    assert (device.protocol, device.server_address, device.profile) == (Protocol.DLT698, "000000000042", "dlt698-2016")
    assert parse_device("dlt698+serial:///dev/ttyS1/aaaaaaaaaaaa?baudrate=9600").server_address == "A" * 12


def test_an_mqtt_device_is_a_topic() -> None:
    device = parse_device("mqtt://broker:1883/meters/000000000001/state?profile=headend-json")
    assert (str(device.line), device.server_address) == ("mqtt://broker:1883", "meters/000000000001/state")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("dlt645+tcp://h:1/", "address is missing"),
        ("dlt645+tcp://h:1/12345678901x", "no meter address"),
        ("dlt645+tcp://h:1/1234567890123", "no meter address"),
        ("modbus+tcp://h:1/0", "no Modbus unit"),
        ("dlt698+tcp://h:1/4x", "no meter address"),
        ("dlt698+mqtt://h:1/4", "does not travel"),
        ("modbus+tcp://h:1/248", "no Modbus unit"),
        ("tcp://h:1/1", "in front of"),
        ("mqtt://h:1/a/#", "topic filter"),
        ("dlt645+tcp://h:1/1?speed=9", "unknown option 'speed'"),
    ],
)
def test_a_wrong_device_is_refused_with_the_reason(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_device(url)


@pytest.mark.parametrize("url", ["mqtt://me:s3cret@b:1883", "mqtts://b:8883?username=me&password=s3cret"])
@pytest.mark.parametrize("parse", [parse_line, parse_device])
def test_a_secret_in_a_url_is_refused_and_not_repeated(parse: Callable[[str], object], url: str) -> None:
    with pytest.raises(ConfigError, match="password_file") as refused:
        parse(url)
    assert "s3cret" not in str(refused.value)


def test_the_topic_of_a_device_may_be_behind_tls() -> None:
    device = parse_device("mqtts://b:8883/meters/000000000001/state?ca=/a.pem")
    assert (device.protocol, device.server_address) == (Protocol.MQTT, "meters/000000000001/state")
    assert str(device.line) == "mqtts://b:8883?ca=/a.pem"


def test_a_wire_says_how_fast_it_is_whether_it_echoes_and_how_long_it_rests() -> None:
    line = parse_line("tcp://gateway:8899?baudrate=2400&echo=1&rest_ms=20")
    assert (line.option("baudrate", ""), line.option("echo", "0"), line.option("rest_ms", "")) == ("2400", "1", "20")
    assert str(line) == "tcp://gateway:8899?baudrate=2400&echo=1&rest_ms=20"


@pytest.mark.parametrize("option", ["echo=yes", "rest_ms=-1", "rest_ms=9999", "speed=9600"])
def test_a_wrong_option_of_a_wire_is_told(option: str) -> None:
    for url in (f"tcp://gateway:8899?{option}", f"serial:///dev/ttyUSB0?{option}"):
        with pytest.raises(ConfigError, match=option.split("=")[0]):
            parse_line(url)
