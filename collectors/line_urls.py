"""URLs of lines and devices, read once and strictly. Opens nothing.

Lines: `tcp://host:port`, `tcp://host:port?framing=rtu` (Modbus RTU through a serial gateway),
`serial:///dev/ttyUSB0?baudrate=2400&parity=E`; of either `echo=1` says that it lets us hear ourselves, `rest_ms=20` how
long it rests before each request, of a gateway `baudrate=2400` how fast the wire behind it is, and of a serial line
`fastest=9600` the rate that meters are asked to change to for long transfers. `mqtt://host:port`, `mqtts://host:port?ca=/path&cert=/path&key=/path`;
a broker's name and password are `username=NAME&password_file=/path`: a secret never stands in a URL.
Terminals that dial in: `gdw1376://0.0.0.0:7700/4403-00256?port=2` for meters behind a port, without `port` for the
terminal's own data, `gdw1376+udp` for datagrams.
Devices: the protocol in front, the address as the last part: `dlt645+tcp://host:port/000000000001`,
`modbus+serial:///dev/ttyUSB0/1?profile=eastron-sdm630`, `mqtt://host:port/some/topic?profile=NAME`. The address
AAAAAAAAAAAA asks the only DL/T 645 or DL/T 698.45 meter on a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

from collectors.terminals.address import TerminalAddress
from collectors.terminals.settings import PORT_OPTIONS, TERMINAL_OPTIONS, port_settings, terminal_settings
from headend.domain.errors import ConfigError
from headend.domain.metering import Protocol

SERIAL_OPTIONS = frozenset({"baudrate", "parity", "stopbits", "echo", "rest_ms", "fastest"})
FASTER_RATES = ("4800", "9600", "19200")  # that DL/T 645 meters can be asked to change to
FRAMING = "framing"  # of a TCP line: rtu where the gateway passes serial bytes on as they are
FRAMINGS = ("mbap", "rtu")
GATEWAY_OPTIONS = (FRAMING, "baudrate", "echo", "rest_ms")  # of a TCP line: what stands behind the gateway
DEFAULT_PROFILES = {
    Protocol.DLT645: "dlt645-2007",
    Protocol.MODBUS: "eastron-sdm630",
    Protocol.MQTT: "headend-json",
    Protocol.GDW1376: "gdw1376-2013",
    Protocol.DLT698: "dlt698-2016",
}
TWELVE_DIGITS = (Protocol.DLT645, Protocol.DLT698)
WHOEVER = "A" * 12  # of these: the only meter on the line, whatever its address
BROKER_OPTIONS = {"mqtt": ("username", "password_file"), "mqtts": ("username", "password_file", "ca", "cert", "key")}
TERMINAL_SCHEMES = ("gdw1376", "gdw1376+udp")
SCHEMES = ("tcp", "serial", *BROKER_OPTIONS, *TERMINAL_SCHEMES)
LARGEST_POINT = 2040
LONGEST_REST_MS = 5_000


@dataclass(frozen=True, slots=True)
class LineUrl:
    """A checked line URL. `host` and `port` for tcp and mqtt, `device` and `options` for serial.

    Where terminals dial in, `host` and `port` are ours and `terminal` says who it is.
    """

    scheme: str
    host: str = ""
    port: int = 0
    device: str = ""
    options: tuple[tuple[str, str], ...] = ()
    terminal: str = ""

    def __str__(self) -> str:
        place = f"serial://{self.device}" if self.scheme == "serial" else f"{self.scheme}://{self.host}:{self.port}"
        place += f"/{self.terminal}" if self.terminal else ""
        options = urlencode(self.options, safe="/")  # paths stay readable
        return f"{place}?{options}" if options else place

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
    parts = _without_secret(text)
    if parts.scheme == "serial":
        return _serial(text, parts, parts.path)
    if parts.scheme not in SCHEMES:
        raise _wrong(text, f"{parts.scheme or 'no scheme'!s} is none of {', '.join(SCHEMES)}")
    if parts.scheme in TERMINAL_SCHEMES:
        return _terminal(text, parts, (parts.scheme, parts.path), _options(text, parts))
    if parts.path not in ("", "/"):
        raise _wrong(text, "a line has no path behind its port")
    return _network_with(text, parts, parts.scheme, _options(text, parts))


def parse_device(text: str) -> DeviceUrl:
    """The device of a URL; ConfigError says what is wrong and how to write it."""
    if "#" in text:
        raise _wrong(text, "a # makes a topic filter or cuts a URL; write the address of one meter")
    parts = _without_secret(text)
    options = _options(text, parts)
    name, _, scheme = parts.scheme.partition("+")
    if parts.scheme in BROKER_OPTIONS:
        name, scheme, path, address = "mqtt", parts.scheme, "", parts.path.strip("/")
    else:
        path, _, address = parts.path.rpartition("/")
    if parts.scheme in TERMINAL_SCHEMES:
        name, scheme = Protocol.GDW1376.value, parts.scheme
    if name not in set(Protocol) or scheme not in SCHEMES:
        ways = "dlt645, dlt698 or modbus with +tcp, +serial or +gdw1376, or mqtt, mqtts, gdw1376 alone,"
        raise _wrong(text, f"write {ways} in front of ://")
    if not address:
        raise _wrong(text, "the address is missing behind the last /")
    protocol = Protocol(name)
    profile = options.pop("profile", DEFAULT_PROFILES[protocol])
    line = _line_of_device(text, parts, (scheme, path), options)
    check_way(protocol, line, text)
    if protocol in TWELVE_DIGITS and address.upper() == WHOEVER:
        return DeviceUrl(protocol, line, WHOEVER, profile)
    return DeviceUrl(protocol, line, check_address(protocol, address, text), profile)


def check_address(protocol: Protocol, address: str, where: str) -> str:
    """The address in full form; ConfigError when no meter of this protocol can have it."""
    if protocol in TWELVE_DIGITS:
        if address.isascii() and address.isdecimal() and len(address) <= 12:
            return address.rjust(12, "0")
        raise _wrong(where, f"{address!r} is no meter address; write up to 12 digits")
    if protocol is Protocol.GDW1376:
        if address.isascii() and address.isdecimal() and int(address) <= LARGEST_POINT:
            return str(int(address))
        raise _wrong(where, f"{address!r} is no measuring point; write 0 to {LARGEST_POINT}")
    if protocol is Protocol.MODBUS:
        if address.isascii() and address.isdecimal() and 1 <= int(address) <= 247:
            return str(int(address))
        raise _wrong(where, f"{address!r} is no Modbus unit; write 1 to 247")
    if "#" in address or "+" in address:
        raise _wrong(where, f"{address!r} is a topic filter; write the topic of one meter")
    return address


def check_way(protocol: Protocol, line: LineUrl, where: str) -> None:
    """ConfigError when this protocol cannot travel over this line."""
    is_terminal, has_port = line.scheme in TERMINAL_SCHEMES, bool(line.option("port", ""))
    if (line.scheme in BROKER_OPTIONS) != (protocol is Protocol.MQTT) or (
        protocol is Protocol.GDW1376 and not is_terminal
    ):
        raise _wrong(where, f"{protocol} does not travel over {line.scheme}")
    if is_terminal and has_port and protocol is Protocol.GDW1376:
        raise _wrong(where, "a terminal's own data are behind no port; leave port out")
    if is_terminal and not has_port and protocol is not Protocol.GDW1376:
        raise _wrong(where, f"a {protocol} meter is behind a port of its terminal; add port=2")


def _line_of_device(text: str, parts: SplitResult, place: tuple[str, str], options: dict[str, str]) -> LineUrl:
    scheme, path = place
    if scheme == "serial":
        return _serial_with(text, path, options)
    if scheme in TERMINAL_SCHEMES:
        return _terminal(text, parts, place, options)
    return _network_with(text, parts, scheme, options)


def _terminal(text: str, parts: SplitResult, place: tuple[str, str], options: dict[str, str]) -> LineUrl:
    scheme, path = place
    known = TERMINAL_OPTIONS | PORT_OPTIONS
    unknown = sorted(options.keys() - known)
    if unknown:
        raise _wrong(text, f"unknown option {unknown[0]!r}; known are {', '.join(sorted(known))}")
    try:
        address = TerminalAddress.parse(path.strip("/"))
        terminal_settings(options)
        port_settings(options)
    except ValueError as error:
        raise _wrong(text, str(error)) from error
    line = _network(text, parts, scheme)
    return LineUrl(scheme, line.host, line.port, options=tuple(sorted(options.items())), terminal=str(address))


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
    if scheme in BROKER_OPTIONS:
        return _broker(text, line, options)
    unknown = sorted(options.keys() - set(GATEWAY_OPTIONS))
    if unknown:
        raise _wrong(text, f"unknown option {unknown[0]!r}; known are {', '.join(GATEWAY_OPTIONS)}")
    framing = options.get(FRAMING, "rtu")
    if framing not in FRAMINGS:
        raise _wrong(text, f"framing {framing!r} is none of {', '.join(FRAMINGS)}")
    options = _timing(text, {name: value for name, value in options.items() if (name, value) != (FRAMING, "mbap")})
    return LineUrl(line.scheme, line.host, line.port, options=tuple(sorted(options.items())))


def _broker(text: str, line: LineUrl, options: dict[str, str]) -> LineUrl:
    known = BROKER_OPTIONS[line.scheme]
    for name, value in options.items():
        if name not in known:
            raise _wrong(text, f"unknown option {name!r}; {line.scheme} has {', '.join(known)}")
        if not value:
            raise _wrong(text, f"option {name!r} is empty")
        if name != "username" and not value.startswith("/"):
            raise _wrong(text, f"{name} is a file; write its whole path")
    for first, second in (("cert", "key"), ("key", "cert"), ("password_file", "username")):
        if first in options and second not in options:
            raise _wrong(text, f"{first} needs {second}")
    return LineUrl(line.scheme, line.host, line.port, options=tuple((k, options[k]) for k in known if k in options))


def _without_secret(text: str) -> SplitResult:
    """The parts of a URL; ConfigError, which does not repeat it, for one with a user or a password in it."""
    parts = urlsplit(text)
    if "@" in parts.netloc or "password" in parse_qs(parts.query, keep_blank_values=True):
        host = parts.netloc.rpartition("@")[2]
        where = f"{parts.scheme}://{host}"
        raise _wrong(where, "a URL is shown on screens; write ?username=NAME&password_file=/path for a broker")
    return parts


def _serial(text: str, parts: SplitResult, device: str) -> LineUrl:
    return _serial_with(text, device, _options(text, parts))


def _serial_with(text: str, device: str, options: dict[str, str]) -> LineUrl:
    unknown = sorted(set(options) - SERIAL_OPTIONS)
    if unknown:
        raise _wrong(text, f"unknown option {unknown[0]!r}; known are {', '.join(sorted(SERIAL_OPTIONS))}")
    if not device.startswith("/"):
        raise _wrong(text, "the device is missing; write serial:///dev/ttyUSB0")
    return LineUrl("serial", device=device, options=tuple(sorted(_timing(text, options).items())))


def _timing(text: str, options: dict[str, str]) -> dict[str, str]:
    """The options of a wire, checked: echo is 0 or 1, rest_ms the pause before each request."""
    if options.get("echo", "1") not in ("0", "1"):
        raise _wrong(text, f"echo {options['echo']!r} is neither 0 nor 1")
    if options.get("fastest", "9600") not in FASTER_RATES:
        raise _wrong(text, f"fastest {options['fastest']!r} is none of {', '.join(FASTER_RATES)}")
    rest = options.get("rest_ms", "0")
    if not (rest.isascii() and rest.isdecimal() and int(rest) <= LONGEST_REST_MS):
        raise _wrong(text, f"rest_ms {rest!r} is no number from 0 to {LONGEST_REST_MS}")
    return options


def _options(text: str, parts: SplitResult) -> dict[str, str]:
    values = parse_qs(parts.query, keep_blank_values=True)
    for name, given in values.items():
        if len(given) > 1:
            raise _wrong(text, f"option {name!r} is given twice")
    return {name: given[0] for name, given in values.items()}


def _wrong(text: str, problem: str) -> ConfigError:
    return ConfigError(f"{text!r}: {problem}", key="url")
