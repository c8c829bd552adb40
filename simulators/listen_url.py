"""Where a simulator listens or dials, parsed once: tcp://host:port, serial:///dev/…?baudrate=2400, pty:, dial://.

Opens nothing.
"""

from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit

from simulators.errors import ListenError

PARITIES = frozenset("ENOMS")
DEFAULT_BAUDRATE = 2400
DEFAULT_HEARTBEAT_S = 900.0


@dataclass(frozen=True, slots=True)
class ListenUrl:
    """`text` is what the user wrote."""

    text: str
    scheme: str
    host: str = ""
    port: int = 0
    path: str = ""
    baudrate: int = DEFAULT_BAUDRATE
    parity: str = "E"
    heartbeat_s: float = DEFAULT_HEARTBEAT_S

    def __str__(self) -> str:
        return self.text

    @property
    def host_in_url(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def parse_listen_url(text: str) -> ListenUrl:
    """Refuse what cannot be listened on, with the reason."""
    try:
        parts = urlsplit(text)
        port = parts.port
        query = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise ListenError(f"cannot listen on {text!r}: {error}") from error
    if parts.scheme in ("tcp", "mqtt"):
        if not parts.hostname or port is None:
            raise ListenError(f"cannot listen on {text!r}: write {parts.scheme}://host:port")
        return ListenUrl(text, parts.scheme, host=parts.hostname, port=port)
    if parts.scheme in ("dial", "dial+udp"):
        return _dial(text, parts, query)
    if parts.scheme == "pty":
        return ListenUrl(text, "pty")
    if parts.scheme == "serial":
        return _serial(text, parts.path, query)
    raise ListenError(f"cannot listen on {text!r}: use tcp://, serial://, pty:, mqtt:// or dial://")


def _dial(text: str, parts: SplitResult, query: dict[str, list[str]]) -> ListenUrl:
    heartbeat = query.get("heartbeat_s", [str(DEFAULT_HEARTBEAT_S)])[-1]
    if not parts.hostname or not parts.port or query.keys() - {"heartbeat_s"}:
        raise ListenError(f"cannot dial {text!r}: write {parts.scheme}://host:port/4403-00256?heartbeat_s=60")
    if not heartbeat.replace(".", "", 1).isdecimal() or not 0.1 <= float(heartbeat) <= 86_400:
        raise ListenError(f"cannot dial {text!r}: the heartbeat is a number of seconds from 0.1 to 86400")
    return ListenUrl(
        text, parts.scheme, host=parts.hostname, port=parts.port, path=parts.path, heartbeat_s=float(heartbeat)
    )


def _serial(text: str, path: str, query: dict[str, list[str]]) -> ListenUrl:
    unknown = query.keys() - {"baudrate", "parity"}
    baudrate = query.get("baudrate", [str(DEFAULT_BAUDRATE)])[-1]
    parity = query.get("parity", ["E"])[-1].upper()
    if not path.startswith("/") or unknown:
        raise ListenError(f"cannot listen on {text!r}: write serial:///dev/NAME?baudrate=2400&parity=E")
    if not baudrate.isdecimal() or not 300 <= int(baudrate) <= 115_200:
        raise ListenError(f"cannot listen on {text!r}: the baud rate is a number from 300 to 115200")
    if parity not in PARITIES:
        raise ListenError(f"cannot listen on {text!r}: parity is one of E, N, O, M, S")
    return ListenUrl(text, "serial", path=path, baudrate=int(baudrate), parity=parity)
