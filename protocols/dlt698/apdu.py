"""Application messages: which service, which objects, what was said of each. Built from tables, read in one pass.

A service or form that is recognised but not laid out here keeps its bytes in `undecoded`; an unknown service, and
bytes that end too soon, are a RemoteProtocolError.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from protocols.dlt698 import sessions
from protocols.dlt698.data import CSD, OAD, RSD, Data, read_data
from protocols.dlt698.layouts import Reader, Value
from protocols.errors import RemoteProtocolError

GET_REQUEST: Final = 5
SET_REQUEST: Final = 6
ACTION_REQUEST: Final = 7
REPORT_RESPONSE: Final = 8
PROXY_REQUEST: Final = 9
SECURITY_REQUEST: Final = 16
GET_RESPONSE: Final = 133
SET_RESPONSE: Final = 134
ACTION_RESPONSE: Final = 135
REPORT_NOTIFICATION: Final = 136
SECURITY_RESPONSE: Final = 144

NORMAL: Final = 1
LIST: Final = 2
RECORD: Final = 3
RECORD_LIST: Final = 4
NEXT: Final = 5

FROM_SERVER: Final = 0x80
TIME_TAG_SIZE: Final = 10

SERVICES: Final[Mapping[int, str]] = {
    **sessions.SERVICES,
    GET_REQUEST: "GET-Request",
    SET_REQUEST: "SET-Request",
    ACTION_REQUEST: "ACTION-Request",
    REPORT_RESPONSE: "REPORT-Response",
    PROXY_REQUEST: "PROXY-Request",
    SECURITY_REQUEST: "SECURITY-Request",
    GET_RESPONSE: "GET-Response",
    SET_RESPONSE: "SET-Response",
    ACTION_RESPONSE: "ACTION-Response",
    REPORT_NOTIFICATION: "REPORT-Notification",
    137: "PROXY-Response",
    SECURITY_RESPONSE: "SECURITY-Response",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One object asked for or told of. A record has columns (their OAD) and rows; a refusal a DAR."""

    oad: str
    data: Data | None = None
    dar: int | None = None
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Data, ...], ...] = ()
    selector: Value = None


@dataclass(frozen=True, slots=True)
class Apdu:
    """One message. `identifies_methods`: the identifiers of its items are OMD, of methods, not OAD."""

    tag: int
    choice: int | None = None
    piid: int | None = None
    items: tuple[Item, ...] = ()
    follow_report: tuple[Item, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    block: tuple[int, bool] | None = None
    time_tag: bytes | None = None
    lacks_time_tag: bool = False
    dar: int | None = None
    inner: "Apdu | None" = None
    undecoded: bytes = b""
    trailing: int = 0

    @property
    def service(self) -> str:
        return SERVICES[self.tag]

    @property
    def identifies_methods(self) -> bool:
        return self.tag in (ACTION_REQUEST, ACTION_RESPONSE)


def parse(raw: bytes) -> Apdu:
    """The message in these bytes."""
    reader = Reader(raw)
    tag = reader.byte()
    if tag not in SERVICES:
        raise RemoteProtocolError(f"unknown service {tag}")
    if tag in (SECURITY_REQUEST, SECURITY_RESPONSE):
        return _secured(tag, reader)
    if tag in sessions.SERVICES:
        piid, facts = sessions.read(tag, reader)
        message = Apdu(tag, piid=piid, facts=facts)
        if sessions.is_secured(facts):
            return replace(message, undecoded=reader.take(reader.left))
        return _ended(_with_trailer(message, reader) if tag in sessions.WITH_TRAILER else message, reader)
    choice, piid = reader.byte(), reader.byte()
    message = Apdu(tag, choice, piid)
    if (tag, choice) == (GET_RESPONSE, NEXT):
        message = _next_block(message, reader)
    elif (tag, choice) in _BODIES:
        message = replace(message, items=_BODIES[tag, choice](reader))
    else:
        return replace(message, undecoded=reader.take(reader.left))
    return _ended(_with_trailer(message, reader), reader)


def _with_trailer(message: Apdu, reader: Reader) -> Apdu:
    """Behind a server's message: what it reports along with it; behind every one: a time tag, mostly absent."""
    if message.tag & FROM_SERVER:
        form = reader.byte()
        if form:
            message = replace(message, follow_report=_one_of(_REPORTS, form, "follow report")(reader))
    if not reader.left:
        return replace(message, lacks_time_tag=True)
    return replace(message, time_tag=reader.take(TIME_TAG_SIZE)) if reader.byte() else message


def _ended(message: Apdu, reader: Reader) -> Apdu:
    return replace(message, trailing=reader.left)


def _secured(tag: int, reader: Reader) -> Apdu:
    """Plain text inside a wrapper is read; what its MAC proves is not ours to say, and cipher text stays closed."""
    choice = reader.byte()
    if tag == SECURITY_RESPONSE and choice == 2:
        return Apdu(tag, choice, dar=reader.byte(), undecoded=reader.take(reader.left))
    content = reader.take(reader.length())
    proof = reader.take(reader.left)
    if choice != 0:
        return Apdu(tag, choice, undecoded=content + proof)
    if content[:1] in (bytes([SECURITY_REQUEST]), bytes([SECURITY_RESPONSE])):
        raise RemoteProtocolError("a security wrapper inside a security wrapper")
    inner = parse(content)
    return Apdu(tag, choice, inner.piid, inner=inner, undecoded=proof)


def _next_block(message: Apdu, reader: Reader) -> Apdu:
    is_last, number, form = reader.byte() != 0, reader.number(2), reader.byte()
    message = replace(message, block=(number, is_last))
    if form == 0:
        return replace(message, dar=reader.byte())
    return replace(message, items=_one_of(_REPORTS, form, "block of")(reader))


ItemReader = Callable[[Reader], Item]
BodyReader = Callable[[Reader], tuple[Item, ...]]


def _one_of(table: Mapping[int, BodyReader], form: int, name: str) -> BodyReader:
    if form not in table:
        raise RemoteProtocolError(f"unknown {name} {form}")
    return table[form]


def _one(item: ItemReader) -> BodyReader:
    return lambda reader: (item(reader),)


def _many(item: ItemReader) -> BodyReader:
    return lambda reader: tuple(item(reader) for _ in range(reader.count()))


def _nothing(reader: Reader) -> tuple[Item, ...]:
    return ()


def _oad(reader: Reader) -> str:
    return str(OAD.read(reader))


def _asked(reader: Reader) -> Item:
    return Item(_oad(reader))


def _asked_record(reader: Reader) -> Item:
    return Item(_oad(reader), selector=RSD.read(reader), columns=_columns(reader))


def _columns(reader: Reader) -> tuple[str, ...]:
    """The OAD of each column; of a column of columns the first."""
    return tuple(_column(CSD.read(reader)) for _ in range(reader.count()))


def _column(value: Value) -> str:
    """(0, OAD) or (1, (OAD, its columns))."""
    chosen = value[1] if isinstance(value, tuple) else value
    return str(chosen[0] if isinstance(chosen, tuple) else chosen)


def _result(reader: Reader) -> Item:
    oad = _oad(reader)
    if _is_data(reader):
        return Item(oad, data=read_data(reader))
    return Item(oad, dar=reader.byte())


def _record(reader: Reader) -> Item:
    oad, columns = _oad(reader), _columns(reader)
    if not _is_data(reader):
        return Item(oad, columns=columns, dar=reader.byte())
    rows = []
    for _ in range(reader.count()):
        reader.charge(len(columns))
        rows.append(tuple(read_data(reader) for _ in columns))
    return Item(oad, columns=columns, rows=tuple(rows))


def _is_data(reader: Reader) -> bool:
    form = reader.byte()
    if form > 1:
        raise RemoteProtocolError(f"result is {form}, neither 0 (refusal) nor 1 (data)")
    return form == 1


def _with_data(reader: Reader) -> Item:
    return Item(_oad(reader), data=read_data(reader))


def _outcome(reader: Reader) -> Item:
    return Item(_oad(reader), dar=reader.byte())


def _outcome_with_data(reader: Reader) -> Item:
    oad, dar = _oad(reader), reader.byte()
    return Item(oad, data=read_data(reader) if _is_data(reader) else None, dar=dar)


def _block_number(reader: Reader) -> tuple[Item, ...]:
    reader.number(2)
    return ()


def _through_proxy(reader: Reader) -> tuple[Item, ...]:
    """A list of meters, each with what it is to be asked for. Which meter asks for what is not kept."""
    reader.number(2)
    items: list[Item] = []
    for _ in range(reader.count()):
        reader.take(reader.length())
        reader.number(2)
        items += _many(_asked)(reader)
    return tuple(items)


_REPORTS: Final[Mapping[int, BodyReader]] = {1: _many(_result), 2: _many(_record)}
_BODIES: Final[Mapping[tuple[int, int], BodyReader]] = {
    (GET_REQUEST, NORMAL): _one(_asked),
    (GET_REQUEST, LIST): _many(_asked),
    (GET_REQUEST, RECORD): _one(_asked_record),
    (GET_REQUEST, RECORD_LIST): _many(_asked_record),
    (GET_REQUEST, NEXT): _block_number,
    (GET_RESPONSE, NORMAL): _one(_result),
    (GET_RESPONSE, LIST): _many(_result),
    (GET_RESPONSE, RECORD): _one(_record),
    (GET_RESPONSE, RECORD_LIST): _many(_record),
    (SET_REQUEST, NORMAL): _one(_with_data),
    (SET_REQUEST, LIST): _many(_with_data),
    (SET_RESPONSE, NORMAL): _one(_outcome),
    (SET_RESPONSE, LIST): _many(_outcome),
    (ACTION_REQUEST, NORMAL): _one(_with_data),
    (ACTION_REQUEST, LIST): _many(_with_data),
    (ACTION_RESPONSE, NORMAL): _one(_outcome_with_data),
    (ACTION_RESPONSE, LIST): _many(_outcome_with_data),
    (REPORT_NOTIFICATION, 1): _many(_result),
    (REPORT_NOTIFICATION, 2): _many(_record),
    (REPORT_RESPONSE, 1): _many(_asked),
    (REPORT_RESPONSE, 2): _many(_asked),
    (REPORT_RESPONSE, 3): _nothing,
    (PROXY_REQUEST, 1): _through_proxy,
}
