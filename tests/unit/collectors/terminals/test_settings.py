"""Addresses and options of terminals: read strictly, refused with the reason."""

from __future__ import annotations

import pytest

from collectors.terminals.address import TerminalAddress
from collectors.terminals.settings import port_settings, terminal_settings
from protocols import gdw1376


@pytest.mark.parametrize(("text", "written"), [("4403-256", "4403-00256"), ("0a1f-1", "0A1F-00001")])
def test_an_address_is_written_in_full(text: str, written: str) -> None:
    assert str(TerminalAddress.parse(text)) == written


@pytest.mark.parametrize("text", ["", "4403", "44030256", "4403-0", "4403-65535", "4403-99999", "440-1", "4403-x"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="terminal"):
        TerminalAddress.parse(text)


def test_defaults_suit_a_terminal_of_2013() -> None:
    settings = terminal_settings({})
    assert (settings.dialect, settings.silence_s) == (gdw1376.Dialect.EACH, 2250.0)
    assert port_settings({}) is None


def test_a_port_has_time_for_its_meters() -> None:
    rs485, carrier = port_settings({"port": "2"}), port_settings({"port": "31"})
    assert rs485 is not None
    assert carrier is not None
    assert (rs485.timeout_s, carrier.timeout_s) == (20.0, 70.0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dialect": "F2"}, "none of F1"),
        ({"heartbeat_min": "0"}, "not between"),
        ({"master": "128"}, "not between"),
        ({"password_size": "8"}, "none of 0, 2, 16"),
        ({"tp_delay_min": "0"}, "not between"),
        ({"heartbeat_min": "x"}, "no whole number"),
    ],
)
def test_a_wrong_terminal_option_is_refused(options: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        terminal_settings(options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"baudrate": "2400"}, "without a port"),
        ({"port": "0"}, "not between"),
        ({"port": "32"}, "not between"),
        ({"port": "2", "baudrate": "115200"}, "none of 300"),
        ({"port": "2", "parity": "M"}, "none of N, E, O"),
        ({"port": "2", "timeout_s": "128"}, "not between"),
        ({"port": "2", "byte_timeout_ms": "5"}, "not between"),
        ({"port": "2", "latency_s": "0"}, "not between"),
    ],
)
def test_a_wrong_port_option_is_refused(options: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        port_settings(options)
