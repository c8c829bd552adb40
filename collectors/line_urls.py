"""URLs of lines and devices, read once and strictly. Opens nothing.

Lines: `tcp://host:port`, `tcp://host:port?framing=rtu` (Modbus RTU through a serial gateway),
`serial:///dev/ttyUSB0?baudrate=2400&parity=E`, `mqtt://host:port`.
Devices: the protocol in front, the address as the last part: `dlt645+tcp://host:port/000000000001`,
`modbus+serial:///dev/ttyUSB0/1?profile=eastron-sdm630`, `mqtt://host:port/some/topic?profile=NAME`. The address
AAAAAAAAAAAA asks the only DL/T 645 meter on a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

from headend.domain.errors import ConfigError
from headend.domain.metering import Protocol

SERIAL_OPTIONS = frozenset({"baudrate", "parity", "stopbits"})
FRAMING = "framing"  # of a TCP line: rtu where the gateway passes serial bytes on as they are
FRAMINGS = ("mbap", "rtu")
DEFAULT_PROFILES = {Protocol.DLT645: "dlt645-2007", Protocol.MODBUS: "eastron-sdm630", Protocol.MQTT: "headend-json"}
WHOEVER = "A" * 12  # DL/T 645: the only meter on the line, whatever its address
SCHEMES = ("tcp", "serial", "mqtt")


@dataclass(frozen=True, slots=True)
class LineUrl:
    """A checked line URL. `host` and `port` for tcp and mqtt, `device` and `options` for serial."""

    scheme: str
    host: str = ""
    port: int = 0
    device: str = ""
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        place = f"serial://{self.device}" if self.scheme == "serial" else f"{self.scheme}://{self.host}:{self.port}"
        return place + (f"?{urlencode(self.options)}" if self.options else "")

    def option(self, name: str, default: str) -> str:
        """One option."""
        return dict(self.options).get(name, default)


@dataclass(frozen=True, slots=True)
class DeviceUrl:
    """A checked device URL."""

    protocol: Protocol
    line: LineUrl
    server_address: str
    profile: str


def parse_line(text: str) -> LineUrl:
    """The line of a URL; ConfigError says what is wrong and how to write it."""
    parts = urlsplit(text)
    if parts.scheme == "serial":
        return _serial(text, parts, parts.path)
    if parts.scheme not in SCHEMES:
        raise _wrong(text, f"{parts.scheme or 'no scheme'!s} is none of {', '.join(SCHEMES)}")
    if parts.path not in ("", "/"):
        raise _wrong(text, "a line has no path behind its port")
    return _network_with(text, parts, parts.scheme, _options(text, parts))


def parse_device(text: str) -> DeviceUrl:
    """The device of a URL; ConfigError says what is wrong and how to write it."""
    if "#" in text:
        raise _wrong(text, "a # makes a topic filter or cuts a URL; write the address of one meter")
    parts = urlsplit(text)
    options = _options(text, parts)
    name, _, scheme = parts.scheme.rpartition("+")
    if parts.scheme == "mqtt":
        name, scheme, path, address = "mqtt", "mqtt", "", parts.path.strip("/")
    else:
        path, _, address = parts.path.rpartition("/")
    if name not in set(Protocol) or scheme not in SCHEMES:
        raise _wrong(text, "write dlt645+tcp, dlt645+serial, modbus+tcp, modbus+serial or mqtt in front of ://")
    if not address:
        raise _wrong(text, "the address is missing behind the last /")
    protocol = Protocol(name)
    profile = options.pop("profile", DEFAULT_PROFILES[protocol])
    is_serial = scheme == "serial"
    line = _serial_with(text, path, options) if is_serial else _network_with(text, parts, scheme, options)
    if protocol is Protocol.DLT645 and address.upper() == WHOEVER:
        return DeviceUrl(protocol, line, WHOEVER, profile)
    return DeviceUrl(protocol, line, check_address(protocol, address, text), profile)


def check_address(protocol: Protocol, address: str, where: str) -> str:
    """The address in full form; ConfigError when no meter of this protocol can have it."""
    if protocol is Protocol.DLT645:
        if address.isascii() and address.isdecimal() and len(address) <= 12:
            return address.rjust(12, "0")
        raise _wrong(where, f"{address!r} is no meter address; write up to 12 digits")
    if protocol is Protocol.MODBUS:
        if address.isascii() and address.isdecimal() and 1 <= int(address) <= 247:
            return str(int(address))
        raise _wrong(where, f"{address!r} is no Modbus unit; write 1 to 247")
    if "#" in address or "+" in address:
        raise _wrong(where, f"{address!r} is a topic filter; write the topic of one meter")
    return address


def _network(text: str, parts: SplitResult, scheme: str) -> LineUrl:
    try:
        port = parts.port
    except ValueError as error:
        raise _wrong(text, f"the port is wrong: {error}") from error
    if not parts.hostname or not port:
        raise _wrong(text, "host or port is missing; write host:port")
    return LineUrl(scheme, parts.hostname, port)


def _network_with(text: str, parts: SplitResult, scheme: str, options: dict[str, str]) -> LineUrl:
    line = _network(text, parts, scheme)
    framing = options.pop(FRAMING, "") if scheme == "tcp" else ""
    if options:
        raise _wrong(text, f"unknown option {next(iter(options))!r}")
    if framing and framing not in FRAMINGS:
        raise _wrong(text, f"framing {framing!r} is none of {', '.join(FRAMINGS)}")
    return LineUrl(line.scheme, line.host, line.port, options=((FRAMING, framing),) if framing == "rtu" else ())


def _serial(text: str, parts: SplitResult, device: str) -> LineUrl:
    return _serial_with(text, device, _options(text, parts))


def _serial_with(text: str, device: str, options: dict[str, str]) -> LineUrl:
    unknown = sorted(set(options) - SERIAL_OPTIONS)
    if unknown:
        raise _wrong(text, f"unknown option {unknown[0]!r}; known are {', '.join(sorted(SERIAL_OPTIONS))}")
    if not device.startswith("/"):
        raise _wrong(text, "the device is missing; write serial:///dev/ttyUSB0")
    return LineUrl("serial", device=device, options=tuple(sorted(options.items())))


def _options(text: str, parts: SplitResult) -> dict[str, str]:
    values = parse_qs(parts.query, keep_blank_values=True)
    for name, given in values.items():
        if len(given) > 1:
            raise _wrong(text, f"option {name!r} is given twice")
    return {name: given[0] for name, given in values.items()}


def _wrong(text: str, problem: str) -> ConfigError:
    return ConfigError(f"{text!r}: {problem}", key="url")
