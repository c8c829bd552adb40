"""AFN 04 (set parameters) and AFN 0A (query them): one table, because the answer to a query is what would be set.

A query carries the identifier alone, except for lists, where it says which entries are wanted.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from protocols.gdw1376.formats import Binary
from protocols.gdw1376.functions import formats_of_the_annex as annex
from protocols.gdw1376.layouts import Bits, Field, Layout, Packed, Repeat
from protocols.gdw1376.texts import Digits, Ip, Mask, Octets, Text

_COMMUNICATION: Final[Layout] = (
    Field("rts_delay", Binary(1, "ms", Decimal(20))),
    Field("station_turnaround", annex.U8),
    Packed(2, (Bits("timeout", 12, "s"), Bits("resends", 4))),
    Field("confirmed_classes", Mask(1)),
    Field("heartbeat_period", Binary(1, "min")),
)
_MASTER: Final[Layout] = (
    Field("main_ip", Ip()),
    Field("main_port", annex.U16),
    Field("backup_ip", Ip()),
    Field("backup_port", annex.U16),
    Field("apn", Text(16)),
)
_METER: Final[Layout] = (
    Field("index", annex.U16),
    Field("measuring_point", annex.U16),
    Packed(1, (Bits("port", 5), Bits("rate", 3))),
    Field("protocol_type", annex.U8),
    Field("meter_address", Digits(6)),
    Field("meter_password", Octets(6)),
    Field("tariff_count", annex.U8),
    Packed(1, (Bits("decimals", 2, offset=1), Bits("integer_digits", 2, offset=4), Bits("", 4))),
    Field("collector_address", Digits(6)),
    Packed(1, (Bits("user_subclass", 4), Bits("user_class", 4))),
)
METER_FILE: Final[Layout] = (Field("meters", annex.U16), Repeat("meters", _METER))
METER_FILE_QUERY: Final[Layout] = (Field("meters", annex.U16), Repeat("meters", (Field("index", annex.U16),)))

PROTOCOL_TYPES: Final[Mapping[int, str]] = {
    1: "DL/T 645-1997",
    2: "AC sampling",
    30: "DL/T 645-2007",
    31: "narrow-band serial",
    32: "CJ/T 188",
}
NAMES: Final[Mapping[int, str]] = {
    1: "communication parameters",
    3: "master address",
    4: "telephone numbers",
    5: "authentication scheme",
    6: "group addresses",
    7: "terminal address on the network",
    8: "working mode",
    9: "event recording",
    10: "meter file",
    11: "pulse inputs",
    12: "status inputs",
    13: "analogue inputs",
    14: "summation groups",
    16: "APN user and password",
    17: "safety limit",
    18: "power control periods",
    19: "float of the period setpoints",
    20: "float of the monthly energy setpoint",
    21: "tariff periods",
    22: "tariff prices",
    23: "dunning",
    25: "measuring point basics",
    26: "measuring point limits",
    33: "reading schedule of a port",
    35: "key customers",
    36: "traffic limit",
    41: "period power setpoints",
    42: "factory-holiday power setpoint",
    43: "averaging window of power control",
    44: "business-stop setpoint",
    45: "rounds under power control",
    46: "monthly energy setpoint",
    47: "purchase order",
    48: "rounds under energy control",
    49: "alarm time of a round",
    57: "audible alarm",
    58: "automatic protection without contact",
    65: "timed report of class 1",
    66: "timed report of class 2",
    67: "start or stop of timed reports of class 1",
    68: "start or stop of timed reports of class 2",
}
SETTINGS: Final[Mapping[int, Layout]] = {
    1: _COMMUNICATION,
    3: _MASTER,
    9: (Field("recorded_events", Mask(8)), Field("important_events", Mask(8))),
    10: METER_FILE,
    17: (Field("safety_limit", annex.A2),),
    18: (Field("control_periods", Octets(12)),),
    19: (Field("setpoint_float", annex.A4),),
    20: (Field("setpoint_float", annex.A4),),
    25: (
        Field("voltage_ratio", annex.U16),
        Field("current_ratio", annex.U16),
        Field("rated_voltage", annex.A7),
        Field("rated_current", annex.A22),
        Field("rated_load", annex.A23),
        Field("wiring", Octets(1)),
    ),
    42: (
        Field("power_setpoint", annex.A2),
        Field("start", annex.A19),
        Field("duration", Binary(1, "h", Decimal("0.5"))),
        Field("weekdays", Octets(1)),
    ),
    44: (Field("start_day", annex.A20), Field("end_day", annex.A20), Field("power_setpoint", annex.A2)),
    45: (Field("rounds", Mask(1)),),
    47: (
        Field("order_number", annex.U32),
        Field("add_or_refresh", Octets(1)),
        Field("amount", annex.A3_ENERGY),
        Field("alarm_limit", annex.A3_ENERGY),
        Field("trip_limit", annex.A3_ENERGY),
    ),
    48: (Field("rounds", Mask(1)),),
    49: (Field("alarm_time", Binary(1, "min")),),
    58: (Field("protect_after", Binary(1, "h")),),
    67: (Field("start_or_stop", Octets(1)),),
    68: (Field("start_or_stop", Octets(1)),),
}
QUERIES: Final[Mapping[int, Layout]] = {10: METER_FILE_QUERY}
