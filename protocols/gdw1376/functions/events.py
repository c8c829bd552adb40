"""AFN 0E, class-3 data: the terminal's two rings of 256 events, asked for by a range of pointers.

What an event tells depends on its code; here its time is read and the rest stays hex.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from protocols.errors import LocalProtocolError
from protocols.gdw1376.formats import Value, of_number
from protocols.gdw1376.functions import formats_of_the_annex as annex
from protocols.gdw1376.layouts import Cursor, Field, Layout, Quantities

NAMES: Final[Mapping[int, str]] = {1: "important events", 2: "ordinary events"}
CODES: Final[Mapping[int, str]] = {
    1: "terminal initialised or changed its version",
    2: "parameters lost",
    3: "parameters changed",
    4: "status input changed",
    5: "remote trip",
    6: "trip by power control",
    7: "trip by energy control",
    8: "meter parameters changed",
    9: "current circuit abnormal",
    10: "voltage circuit abnormal",
    11: "phase sequence abnormal",
    12: "meter clock wrong",
    13: "meter fault",
    14: "terminal power off or on",
    15: "harmonics over the limit",
    16: "DC analogue over the limit",
    17: "voltage or current unbalanced",
    18: "capacitors locked",
    19: "purchase set",
    20: "message authentication failed",
    21: "terminal fault",
    22: "energy difference over the limit",
    23: "alarm of energy control",
    24: "voltage over the limit",
    25: "current over the limit",
    26: "apparent power over the limit",
    27: "meter register decreased",
    28: "energy excess",
    29: "meter runs away",
    30: "meter stands still",
    31: "reading by RS-485 failed",
    32: "traffic over the limit",
    33: "meter status word changed",
    34: "current transformer abnormal",
    35: "unknown meter found",
}
_TIME_SIZE: Final = annex.A15.size
_RING: Final = 256


@dataclass(frozen=True, slots=True)
class Records:
    """As many records `ERC, length, bytes` as the pointers Pm to Pn span, counted round the ring."""

    def decode(self, cursor: Cursor, suffix: str) -> None:
        count = (cursor.count("pointer_end" + suffix) - cursor.count("pointer_start" + suffix)) % _RING
        for number in range(1, count + 1):
            place = f"{suffix}_{number}"
            code, size = cursor.take(2, "event" + place)
            body = cursor.take(size, "event" + place)
            cursor.values.append(of_number("event" + place, Decimal(code), ""))
            cursor.values.append(Value("event_text" + place, None, CODES.get(code, f"event {code}"), ""))
            if size >= _TIME_SIZE:
                cursor.values.append(annex.A15.decode(body[:_TIME_SIZE], "event_time" + place))
                body = body[_TIME_SIZE:]
            cursor.values.append(Value("event_data" + place, None, body.hex().upper(), ""))

    def encode(self, quantities: Quantities, suffix: str) -> bytes:
        """Records with a time each."""
        raw, number = b"", 1
        while f"event{suffix}_{number}" in quantities:
            place = f"{suffix}_{number}"
            try:
                data = bytes.fromhex(str(quantities[f"event_data{place}"]))
            except (KeyError, ValueError) as error:
                raise LocalProtocolError(f"event_data{place} is not hex") from error
            body = annex.A15.encode(quantities.get(f"event_time{place}")) + data
            raw += annex.U8.encode(quantities[f"event{place}"]) + annex.U8.encode(len(body)) + body
            number += 1
        return raw


_RANGE: Final[Layout] = (Field("pointer_start", annex.U8), Field("pointer_end", annex.U8))
_EVENTS: Final[Layout] = (
    Field("event_counter_important", annex.U8),
    Field("event_counter_ordinary", annex.U8),
    *_RANGE,
    Records(),
)
REQUESTS: Final[Mapping[int, Layout]] = {1: _RANGE, 2: _RANGE}
REPLIES: Final[Mapping[int, Layout]] = {1: _EVENTS, 2: _EVENTS}
