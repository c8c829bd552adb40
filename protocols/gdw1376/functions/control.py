"""AFN 05, control: what each function switches and what data it carries. A description; nothing here sends."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from protocols.gdw1376.formats import Binary
from protocols.gdw1376.functions import formats_of_the_annex as annex
from protocols.gdw1376.layouts import NOTHING, Bits, Field, Layout, Packed
from protocols.gdw1376.texts import Mask

_HALF_HOURS: Final = Binary(1, "h", Decimal("0.5"))

TRIP, PERMIT_CLOSE, PROTECT, SET_CLOCK, END_PROTECTION = 1, 2, 25, 31, 33

NAMES: Final[Mapping[int, str]] = {
    TRIP: "remote trip of a round",
    PERMIT_CLOSE: "permit to close a round",
    9: "period power control on",
    10: "factory-holiday control on",
    11: "business-stop control on",
    12: "float-down of current power on",
    15: "monthly energy control on",
    16: "purchase control on",
    17: "period power control off",
    18: "factory-holiday control off",
    19: "business-stop control off",
    20: "float-down of current power off",
    23: "monthly energy control off",
    24: "purchase control off",
    PROTECT: "supply protection on",
    26: "dunning alarm on",
    27: "voice with the master permitted",
    28: "terminal withdrawn",
    29: "unsolicited reports allowed",
    30: "set the clocks of meters",
    SET_CLOCK: "set the clock",
    32: "text on the display",
    END_PROTECTION: "supply protection off",
    34: "dunning alarm off",
    35: "voice with the master forbidden",
    36: "terminal no longer withdrawn",
    37: "unsolicited reports forbidden",
    38: "connect to the master",
    39: "disconnect from the master",
    41: "capacitors in",
    42: "capacitors out",
    49: "reading paused",
    50: "reading resumed",
    51: "reading restarted",
}
_WITHOUT_DATA: Final = (2, 10, 11, 15, 16, 17, 18, 19, 20, 23, 24, 26, 27, 28, 29, 33, 34, 35, 36, 37)
COMMANDS: Final[Mapping[int, Layout]] = {
    **dict.fromkeys(_WITHOUT_DATA, NOTHING),
    TRIP: (Packed(1, (Bits("limit_time", 4, "h", step=Decimal("0.5")), Bits("alarm_delay", 4, "min"))),),
    9: (Field("scheme_mask", Mask(1)), Field("scheme", annex.U8)),
    12: (
        Field("slide_time", Binary(1, "min")),
        Field("coefficient", annex.A4),
        Field("freeze_delay", Binary(1, "min")),
        Field("control_time", _HALF_HOURS),
        *(Field(f"alarm_time_{round_}", Binary(1, "min")) for round_ in range(1, 5)),
    ),
    PROTECT: (Field("duration", _HALF_HOURS),),
    SET_CLOCK: (Field("terminal_clock", annex.A1),),
}
