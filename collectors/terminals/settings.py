"""What a line URL says of a terminal and of its port, checked. Every limit that a terminal must keep is here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from collectors.terminals.address import TerminalAddress
from protocols import gdw1376
from protocols.errors import LocalProtocolError
from protocols.gdw1376.auxiliary import PASSWORD_SIZES
from protocols.gdw1376.functions.link import BAUD_RATES

HEARTBEATS_MISSED = 2.5
"""Periods of silence after which a session is over."""
CARRIER_PORT = 31
TERMINAL_OPTIONS = frozenset({"heartbeat_min", "dialect", "master", "password_size", "tp_delay_min"})
PORT_OPTIONS = frozenset({"port", "baudrate", "parity", "stopbits", "timeout_s", "byte_timeout_ms", "latency_s"})


@dataclass(frozen=True, slots=True)
class TerminalSettings:
    """How one terminal wants to be spoken to.

    `heartbeat_min` is the period that the terminal was given; `tp_delay_min` puts a time tag into requests, after so
    many minutes the terminal throws them away.
    """

    dialect: gdw1376.Dialect = gdw1376.Dialect.EACH
    heartbeat_min: int = 15
    master: int = 1
    password_size: int = 16
    tp_delay_min: int | None = None

    def __post_init__(self) -> None:
        _within("heartbeat_min", self.heartbeat_min, 1, 255)
        _within("master", self.master, 1, 127)
        if self.password_size not in PASSWORD_SIZES:
            raise ValueError(f"password_size {self.password_size} is none of {', '.join(map(str, PASSWORD_SIZES))}")
        if self.tp_delay_min is not None:
            _within("tp_delay_min", self.tp_delay_min, 1, 255)

    @property
    def silence_s(self) -> float:
        """The longest silence of a session that lives."""
        return HEARTBEATS_MISSED * 60 * self.heartbeat_min

    def addressed(self, address: TerminalAddress) -> gdw1376.Terminal:
        """The terminal as requests name it."""
        return gdw1376.Terminal(address.district, address.number, self.master, bytes(self.password_size))


@dataclass(frozen=True, slots=True)
class PortSettings:
    """A port to meters; `latency_s` is what the network may add to the time that the terminal gives a meter."""

    port: gdw1376.Port
    latency_s: float = 10.0

    @property
    def timeout_s(self) -> float:
        """How long an answer through the terminal may take."""
        return self.port.message_timeout_ms / 1000 + self.latency_s


def terminal_settings(options: Mapping[str, str]) -> TerminalSettings:
    """ValueError names what is wrong."""
    dialect = options.get("dialect", gdw1376.Dialect.EACH)
    if dialect not in set(gdw1376.Dialect):
        raise ValueError(f"dialect {dialect!r} is none of F1 (2009), F3 (2013)")
    return TerminalSettings(
        gdw1376.Dialect(dialect),
        _number(options, "heartbeat_min", 15),
        _number(options, "master", 1),
        _number(options, "password_size", 16),
        _number(options, "tp_delay_min", 0) if "tp_delay_min" in options else None,
    )


def port_settings(options: Mapping[str, str]) -> PortSettings | None:
    """The port that an URL names, or None where it asks the terminal itself; ValueError names what is wrong."""
    if "port" not in options:
        stray = sorted(PORT_OPTIONS & options.keys())
        if stray:
            raise ValueError(f"{stray[0]} says nothing without a port; add port=2")
        return None
    number = _within("port", _number(options, "port", 0), 1, 31)
    baudrate, parity = _number(options, "baudrate", 2400), options.get("parity", "E")
    if baudrate not in BAUD_RATES:
        raise ValueError(f"baudrate {baudrate} is none of {', '.join(map(str, BAUD_RATES))}")
    if parity not in ("N", "E", "O"):
        raise ValueError(f"parity {parity!r} is none of N, E, O")
    timeout_s = _within("timeout_s", _number(options, "timeout_s", 60 if number == CARRIER_PORT else 10), 1, 127)
    byte_timeout_ms = _within("byte_timeout_ms", _number(options, "byte_timeout_ms", 100), 10, 2550)
    port = gdw1376.Port(
        number,
        baudrate,
        parity,
        stop_bits=_within("stopbits", _number(options, "stopbits", 1), 1, 2),
        message_timeout_ms=1000 * timeout_s,
        byte_timeout_ms=byte_timeout_ms // 10 * 10,
    )
    _check_encodes(port)
    return PortSettings(port, float(_within("latency_s", _number(options, "latency_s", 10), 1, 120)))


def _check_encodes(port: gdw1376.Port) -> None:
    try:
        gdw1376.forward(gdw1376.Terminal("0000", 1), port, b"", gdw1376.Turn(0))
    except LocalProtocolError as error:
        raise ValueError(str(error)) from error


def _number(options: Mapping[str, str], name: str, default: int) -> int:
    text = options.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise ValueError(f"{name} {text!r} is no whole number")
    return int(text)


def _within(name: str, number: int, low: int, high: int) -> int:
    if not low <= number <= high:
        raise ValueError(f"{name} {number} is not between {low} and {high}")
    return number
