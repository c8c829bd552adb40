"""URLs of lines through terminals: read strictly, written back the same, refused with the reason and the remedy."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from collectors.line_urls import parse_device, parse_line
from collectors.register_reads import framing_of
from headend import shipped
from headend.bootstrap.field import build_field
from headend.clock import SystemClock
from headend.domain.errors import ConfigError
from headend.domain.metering import Line, Protocol
from protocols import modbus

PLACE = "gdw1376://0.0.0.0:7700/4403-00256"


@pytest.mark.parametrize(
    "url",
    [
        PLACE,
        "gdw1376+udp://0.0.0.0:7700/4403-00256",
        f"{PLACE}?baudrate=2400&parity=E&port=2",
        f"{PLACE}?dialect=F1&heartbeat_min=5&master=3&password_size=0&tp_delay_min=5",
    ],
)
def test_a_line_is_written_back_as_it_was_read(url: str) -> None:
    assert str(parse_line(url)) == url
    assert parse_line(str(parse_line(url))) == parse_line(url)


def test_an_address_and_its_options_are_written_in_one_way() -> None:
    assert str(parse_line("gdw1376://0.0.0.0:7700/4403-256?port=2&baudrate=1200")) == f"{PLACE}?baudrate=1200&port=2"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("gdw1376://0.0.0.0:7700", "no terminal"),
        ("gdw1376://0.0.0.0:7700/1", "like 4403-00256"),
        ("gdw1376://0.0.0.0/4403-00256", "host:port"),
        (f"{PLACE}?framing=rtu", "unknown option 'framing'"),
        (f"{PLACE}?baudrate=2400", "add port=2"),
        (f"{PLACE}?port=99", "not between 1 and 31"),
        (f"{PLACE}?port=2&port=3", "twice"),
    ],
)
def test_a_wrong_line_is_refused_with_the_reason(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_line(url)


@pytest.mark.parametrize(
    ("url", "protocol", "address", "profile"),
    [
        (f"dlt645+{PLACE}/1?port=2", Protocol.DLT645, "000000000001", "dlt645-2007"),
        (f"dlt645+{PLACE}/AAAAAAAAAAAA?port=2", Protocol.DLT645, "AAAAAAAAAAAA", "dlt645-2007"),
        (f"modbus+{PLACE}/7?port=2&profile=chint-ddsu666", Protocol.MODBUS, "7", "chint-ddsu666"),
        (f"{PLACE}/1", Protocol.GDW1376, "1", "gdw1376-2013"),
        (f"dlt698+{PLACE}/1?port=2", Protocol.DLT698, "000000000001", "dlt698-2016"),
        ("gdw1376+udp://0.0.0.0:7700/4403-00256/0", Protocol.GDW1376, "0", "gdw1376-2013"),
        ("dlt645+gdw1376+udp://0.0.0.0:7700/4403-00256/1?port=31", Protocol.DLT645, "000000000001", "dlt645-2007"),
    ],
)
def test_a_device_has_its_address_last(url: str, protocol: Protocol, address: str, profile: str) -> None:
    device = parse_device(url)
    assert (device.protocol, device.server_address, device.profile) == (protocol, address, profile)
    assert device.line.terminal == "4403-00256"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"dlt645+{PLACE}/1", "add port=2"),
        (f"dlt698+{PLACE}/1", "add port=2"),
        (f"{PLACE}/1?port=2", "leave port out"),
        (f"{PLACE}/2041", "no measuring point"),
        (f"{PLACE}/one", "no measuring point"),
        (f"mqtt+{PLACE}/1?port=2", "does not travel"),
        ("gdw1376+tcp://h:1/1", "does not travel"),
    ],
)
def test_a_device_that_cannot_be_reached_so_is_refused(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_device(url)


def test_a_modbus_meter_behind_a_terminal_speaks_rtu() -> None:
    assert isinstance(framing_of(Line(1, f"{PLACE}?port=2")), modbus.Rtu)
    assert isinstance(framing_of(Line(1, "tcp://h:1")), modbus.Mbap)


def test_an_imported_meter_is_checked_the_same_way() -> None:
    field = build_field(shipped.config_root(), ZoneInfo("Asia/Shanghai"), SystemClock())
    url = f"{PLACE}?port=2"
    assert field.check_route(Protocol.DLT645, "1", url, "dlt645-2007") == ("000000000001", url)
    assert field.check_route(Protocol.DLT698, "1", url, "dlt698-2016") == ("000000000001", url)
    assert field.check_route(Protocol.GDW1376, "1", PLACE, "gdw1376-2013") == ("1", PLACE)
    with pytest.raises(ConfigError) as wrong:
        field.check_route(Protocol.DLT645, "1", PLACE, "dlt645-2007")
    assert wrong.value.key == "line_url"
    with pytest.raises(ConfigError, match="known: gdw1376-2013"):
        field.check_route(Protocol.GDW1376, "1", PLACE, "nokia")
