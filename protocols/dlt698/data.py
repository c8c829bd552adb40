"""Data of DL/T 698.45: a tag and what it says. Every type of the standard's table, to values and back.

Types that name objects or select records are nested tuples in the order of their fields; OI, OAD and OMD are hex.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from protocols.dlt698.layouts import (
    BitString,
    Boolean,
    Choice,
    Fields,
    Float,
    Hex,
    Layout,
    Many,
    Nothing,
    Number,
    Octets,
    Raw,
    Reader,
    Text,
    Value,
)
from protocols.dlt698.moments import MomentKind, MomentLayout
from protocols.errors import LocalProtocolError, RemoteProtocolError

NULL: Final = 0
ARRAY: Final = 1
STRUCTURE: Final = 2
BIT_STRING: Final = 4
OCTET_STRING: Final = 9
VISIBLE_STRING: Final = 10


@dataclass(frozen=True, slots=True)
class Data:
    """One datum: its tag, and a value of the kind that the tag's layout reads."""

    tag: int
    value: Value = None

    @property
    def type_name(self) -> str:
        return TYPES[self.tag][0] if self.tag in TYPES else f"unknown type {self.tag}"

    @property
    def items(self) -> "tuple[Data, ...]":
        """What an array or a structure holds; a single datum holds nothing."""
        if self.tag not in (ARRAY, STRUCTURE) or not isinstance(self.value, tuple):
            return ()
        return self.value


class _TaggedData:
    """The layout of Data itself."""

    def read(self, reader: Reader) -> Data:
        tag = reader.byte()
        if tag not in TYPES:
            raise RemoteProtocolError(f"unknown data type {tag}")
        reader.enter()
        value = TYPES[tag][1].read(reader)
        reader.leave()
        return Data(tag, value)

    def write(self, value: Value) -> bytes:
        if not isinstance(value, Data) or value.tag not in TYPES:
            raise LocalProtocolError(f"{value!r} is no datum of a known type")
        return bytes([value.tag]) + TYPES[value.tag][1].write(value.value)


DATA: Final[Layout] = _TaggedData()
U8: Final = Number(1)
U16: Final = Number(2)
U32: Final = Number(4)
OI: Final = Hex(2)
OAD: Final = Hex(4)
ROAD: Final = Fields((OAD, Many(OAD)))
CSD: Final = Choice("column", {0: OAD, 1: ROAD})
RCSD: Final = Many(CSD)
INTERVAL: Final = Fields((U8, U16))
DATE_TIME: Final = MomentLayout(MomentKind.DATE_TIME)
DATE_TIME_S: Final = MomentLayout(MomentKind.DATE_TIME_S)
REGION: Final = Fields((U8, DATA, DATA))
METER_SET: Final = Choice(
    "meter set",
    {
        0: Nothing(),
        1: Nothing(),
        2: Many(U8),
        3: Many(Octets()),
        4: Many(U16),
        5: Many(REGION),
        6: Many(REGION),
        7: Many(REGION),
    },
)
_FROM_TO_STEP: Final = Fields((OAD, DATA, DATA, DATA))
_AT_TIME: Final = Fields((DATE_TIME_S, METER_SET))
_BETWEEN_TIMES: Final = Fields((DATE_TIME_S, DATE_TIME_S, INTERVAL, METER_SET))
RSD: Final = Choice(
    "record selector",
    {
        0: Nothing(),
        1: Fields((OAD, DATA)),
        2: _FROM_TO_STEP,
        3: Many(_FROM_TO_STEP),
        4: _AT_TIME,
        5: _AT_TIME,
        6: _BETWEEN_TIMES,
        7: _BETWEEN_TIMES,
        8: _BETWEEN_TIMES,
        9: U8,
        10: Fields((U8, METER_SET)),
    },
)
SID: Final = Fields((U32, Octets()))
SID_MAC: Final = Fields((SID, Octets()))

TYPES: Final[Mapping[int, tuple[str, Layout]]] = {
    NULL: ("null", Nothing()),
    ARRAY: ("array", Many(DATA)),
    STRUCTURE: ("structure", Many(DATA)),
    3: ("bool", Boolean()),
    BIT_STRING: ("bit-string", BitString()),
    5: ("double-long", Number(4, signed=True)),
    6: ("double-long-unsigned", U32),
    OCTET_STRING: ("octet-string", Octets()),
    VISIBLE_STRING: ("visible-string", Text("ascii")),
    12: ("UTF8-string", Text("utf-8")),
    15: ("integer", Number(1, signed=True)),
    16: ("long", Number(2, signed=True)),
    17: ("unsigned", U8),
    18: ("long-unsigned", U16),
    20: ("long64", Number(8, signed=True)),
    21: ("long64-unsigned", Number(8)),
    22: ("enum", U8),
    23: ("float32", Float(">f")),
    24: ("float64", Float(">d")),
    25: ("date_time", DATE_TIME),
    26: ("date", MomentLayout(MomentKind.DATE)),
    27: ("time", MomentLayout(MomentKind.TIME)),
    28: ("date_time_s", DATE_TIME_S),
    80: ("OI", OI),
    81: ("OAD", OAD),
    82: ("ROAD", ROAD),
    83: ("OMD", Hex(4)),
    84: ("TI", INTERVAL),
    85: ("TSA", Octets()),
    86: ("MAC", Octets()),
    87: ("RN", Octets()),
    88: ("Region", REGION),
    89: ("Scaler_Unit", Fields((Number(1, signed=True), U8))),
    90: ("RSD", RSD),
    91: ("CSD", CSD),
    92: ("MS", METER_SET),
    93: ("SID", SID),
    94: ("SID_MAC", SID_MAC),
    95: ("COMDCB", Raw(5)),
    96: ("RCSD", RCSD),
}


def decode(raw: bytes) -> Data:
    """The one datum that these bytes are; RemoteProtocolError for anything else."""
    reader = Reader(raw)
    datum = DATA.read(reader)
    if reader.left:
        raise RemoteProtocolError(f"{reader.left} bytes behind the data")
    assert isinstance(datum, Data)
    return datum


def encode(datum: Data) -> bytes:
    """The bytes of a datum; LocalProtocolError where its value is not of its type."""
    return DATA.write(datum)


def read_data(reader: Reader) -> Data:
    """The datum at this place."""
    datum = DATA.read(reader)
    assert isinstance(datum, Data)
    return datum
