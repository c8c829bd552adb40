"""AFN 00, 01, 02 and 10: confirming, resetting, the link itself, and forwarding to a meter's port.

The forwarded bytes stay hex: what they mean is another protocol's business.
"""

from collections.abc import Mapping
from typing import Final

from protocols.gdw1376.formats import Timeout
from protocols.gdw1376.functions import formats_of_the_annex as annex
from protocols.gdw1376.layouts import NOTHING, Bits, Counted, Field, IfPresent, Layout, Packed, ToTheEnd
from protocols.gdw1376.texts import Octets

ALL_CONFIRMED, ALL_DENIED, EACH_CONFIRMED = 1, 2, 3
LOGIN, LOGOUT, HEARTBEAT = 1, 2, 3

CONFIRM_NAMES: Final[Mapping[int, str]] = {1: "all confirmed", 2: "all denied", 3: "each unit confirmed or denied"}
CONFIRMS: Final[Mapping[int, Layout]] = {
    ALL_CONFIRMED: NOTHING,
    ALL_DENIED: NOTHING,
    EACH_CONFIRMED: (
        Field("confirmed_afn", Octets(1)),
        ToTheEnd((Field("identifier", Octets(4)), Field("error", annex.U8)), key="identifier"),
    ),
}
RESET_NAMES: Final[Mapping[int, str]] = {
    1: "hardware reset",
    2: "data area reset",
    3: "parameters to factory",
    4: "parameters to factory except communication",
}
RESETS: Final[Mapping[int, Layout]] = dict.fromkeys(RESET_NAMES, NOTHING)
LINK_NAMES: Final[Mapping[int, str]] = {LOGIN: "login", LOGOUT: "logout", HEARTBEAT: "heartbeat"}
LINKS: Final[Mapping[int, Layout]] = {
    LOGIN: NOTHING,
    LOGOUT: NOTHING,
    HEARTBEAT: (IfPresent((Field("terminal_clock", annex.A1),), key="terminal_clock"),),
}
BAUD_RATES: Final = (300, 600, 1200, 2400, 4800, 7200, 9600, 19200)
FORWARD_NAMES: Final[Mapping[int, str]] = {1: "transparent forwarding", 9: "forwarding to a relay meter"}
FORWARD_REQUESTS: Final[Mapping[int, Layout]] = {
    1: (
        Field("port", annex.U8),
        Packed(
            1,
            (
                Bits("data_bits", 2, offset=5),
                Bits("parity_odd", 1),
                Bits("parity_used", 1),
                Bits("stop_bits", 1, offset=1),
                Bits("baud_rate", 3, choices=BAUD_RATES),
            ),
        ),
        Field("message_timeout", Timeout()),
        Field("byte_timeout", annex.TENS_OF_MS),
        Counted("forwarded", 2),
    ),
}
FORWARD_REPLIES: Final[Mapping[int, Layout]] = {1: (Field("port", annex.U8), Counted("forwarded", 2))}
