"""Messages about the connection and not about objects: LINK, CONNECT, RELEASE and ERROR, as named facts."""

from collections.abc import Mapping, Sequence
from typing import Final

from protocols.dlt698.data import DATE_TIME, DATE_TIME_S, U8, U16, U32
from protocols.dlt698.layouts import Hex, Layout, Raw, Reader, Value
from protocols.dlt698.moments import Moment

LINK_REQUEST: Final = 1
CONNECT_REQUEST: Final = 2
RELEASE_REQUEST: Final = 3
ERROR_OF_CLIENT: Final = 110
LINK_RESPONSE: Final = 129
CONNECT_RESPONSE: Final = 130
RELEASE_RESPONSE: Final = 131
RELEASE_NOTIFICATION: Final = 132
ERROR_OF_SERVER: Final = 238

SERVICES: Final[Mapping[int, str]] = {
    LINK_REQUEST: "LINK-Request",
    CONNECT_REQUEST: "CONNECT-Request",
    RELEASE_REQUEST: "RELEASE-Request",
    ERROR_OF_CLIENT: "ERROR-Response",
    LINK_RESPONSE: "LINK-Response",
    CONNECT_RESPONSE: "CONNECT-Response",
    RELEASE_RESPONSE: "RELEASE-Response",
    RELEASE_NOTIFICATION: "RELEASE-Notification",
    ERROR_OF_SERVER: "ERROR-Response",
}
WITH_TRAILER: Final = frozenset(
    {CONNECT_REQUEST, CONNECT_RESPONSE, RELEASE_REQUEST, RELEASE_RESPONSE, RELEASE_NOTIFICATION}
)
"""LINK and ERROR end with their last field; the others with a time tag, as messages about objects do."""

_LINK_KINDS: Final = {0: "login", 1: "heartbeat", 2: "logout"}
_LINK_RESULTS: Final = {0: "success", 1: "address in use", 2: "device not allowed", 3: "no capacity"}
_CONNECT_RESULTS: Final = {0: "allowed", 1: "password wrong", 2: "symmetric decryption failed"}
_ERRORS: Final = {1: "message cannot be parsed", 2: "service not supported", 255: "other"}
_CLOCK_IS_TRUSTED: Final = 0x80

_SIZES: Final = (("send_size", U16), ("receive_size", U16), ("window", U8), ("largest_apdu", U16), ("timeout", U32))
_LAYOUTS: Final[Mapping[int, Sequence[tuple[str, Layout]]]] = {
    LINK_REQUEST: (("kind", U8), ("heartbeat", U16), ("time", DATE_TIME)),
    LINK_RESPONSE: (
        ("result", U8),
        ("requested_at", DATE_TIME),
        ("received_at", DATE_TIME),
        ("answered_at", DATE_TIME),
    ),
    CONNECT_REQUEST: (
        ("version", U16),
        ("protocol_conformance", Hex(8)),
        ("function_conformance", Hex(16)),
        *_SIZES,
        ("mechanism", U8),
    ),
    CONNECT_RESPONSE: (
        ("manufacturer", Raw(4)),
        ("software_version", Raw(4)),
        ("software_date", Raw(6)),
        ("hardware_version", Raw(4)),
        ("hardware_date", Raw(6)),
        ("extension", Raw(8)),
        ("version", U16),
        ("protocol_conformance", Hex(8)),
        ("function_conformance", Hex(16)),
        *_SIZES,
        ("result", U8),
        ("security", U8),
    ),
    RELEASE_REQUEST: (),
    RELEASE_RESPONSE: (("result", U8),),
    RELEASE_NOTIFICATION: (("connected_at", DATE_TIME_S), ("server_time", DATE_TIME_S)),
    ERROR_OF_CLIENT: (("error", U8),),
    ERROR_OF_SERVER: (("error", U8),),
}
_WORDS: Final[Mapping[tuple[int, str], Mapping[int, str]]] = {
    (LINK_REQUEST, "kind"): _LINK_KINDS,
    (CONNECT_RESPONSE, "result"): _CONNECT_RESULTS,
    (ERROR_OF_CLIENT, "error"): _ERRORS,
    (ERROR_OF_SERVER, "error"): _ERRORS,
}


def read(tag: int, reader: Reader) -> tuple[int, tuple[tuple[str, str], ...]]:
    """PIID and the facts of the message, up to its trailer."""
    piid = reader.byte()
    return piid, tuple((name, _text(tag, name, layout.read(reader))) for name, layout in _LAYOUTS[tag])


def is_secured(facts: Sequence[tuple[str, str]]) -> bool:
    """Whether a CONNECT goes on with passwords or signatures, which are not laid out here."""
    return any(name in ("mechanism", "security") and value != "0" for name, value in facts)


def _text(tag: int, name: str, value: Value) -> str:
    if isinstance(value, Moment):
        return value.text
    if isinstance(value, bytes):
        return value.decode("ascii", "backslashreplace").rstrip(" \0")
    if (tag, name) == (LINK_RESPONSE, "result") and isinstance(value, int):
        result = _LINK_RESULTS.get(value & 0x07, str(value & 0x07))
        return result if value & _CLOCK_IS_TRUSTED else f"{result}, clock not trusted"
    if isinstance(value, int):
        return _WORDS.get((tag, name), {}).get(value, str(value))
    return str(value)
