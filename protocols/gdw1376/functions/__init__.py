"""Every function that we know, by AFN: its name and the layout of its data. Adding one is a line in a table."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from protocols.gdw1376.frame import Edition
from protocols.gdw1376.functions import control, current, events, history, link, parameters
from protocols.gdw1376.layouts import NOTHING, Layout

AFN_NAMES: Final[Mapping[int, str]] = {
    0x00: "confirm/deny",
    0x01: "reset",
    0x02: "link test",
    0x03: "relay command",
    0x04: "set parameters",
    0x05: "control",
    0x06: "authentication and key agreement",
    0x08: "cascaded terminal report request",
    0x09: "terminal config query",
    0x0A: "query parameters",
    0x0B: "task data",
    0x0C: "class-1 (real-time) data",
    0x0D: "class-2 (history) data",
    0x0E: "class-3 (event) data",
    0x0F: "file transfer",
    0x10: "data forward",
}


class Functions(NamedTuple):
    """The functions of one AFN. `plain_requests`: a function without a layout asks with its identifier alone."""

    names: Mapping[int, str]
    requests: Mapping[int, Layout]
    replies: Mapping[int, Layout]
    plain_requests: bool = False


_NONE: Final[Mapping[int, Layout]] = {}
_TABLE: Final[Mapping[int, Functions]] = {
    0x00: Functions(link.CONFIRM_NAMES, link.CONFIRMS, link.CONFIRMS),
    0x01: Functions(link.RESET_NAMES, link.RESETS, _NONE),
    0x02: Functions(link.LINK_NAMES, link.LINKS, link.LINKS),
    0x04: Functions(parameters.NAMES, parameters.SETTINGS, _NONE),
    0x05: Functions(control.NAMES, control.COMMANDS, _NONE),
    0x09: Functions({1: "terminal version"}, _NONE, _NONE, plain_requests=True),
    0x0A: Functions(parameters.NAMES, parameters.QUERIES, parameters.SETTINGS, plain_requests=True),
    0x0C: Functions(current.NAMES, _NONE, current.REPLIES, plain_requests=True),
    0x0D: Functions(history.NAMES, history.REQUESTS, history.REPLIES),
    0x0E: Functions(events.NAMES, events.REQUESTS, events.REPLIES),
    0x10: Functions(link.FORWARD_NAMES, link.FORWARD_REQUESTS, link.FORWARD_REPLIES),
}


def afn_name(afn: int) -> str:
    return AFN_NAMES.get(afn, f"unknown AFN {afn:02X}")


def function_name(afn: int, function: int) -> str | None:
    """What Fn is called, where we know it."""
    functions = _TABLE.get(afn)
    return functions.names.get(function) if functions else None


def layout_of(afn: int, function: int, *, is_up: bool, edition: Edition = Edition.GDW1376) -> Layout | None:
    """What the data of this function consist of; None where we do not know."""
    functions = _TABLE.get(afn)
    if functions is None:
        return None
    if is_up:
        if (afn, function, edition) == (0x0C, 25, Edition.GDW130):
            return current.MOMENT_OF_2005
        return functions.replies.get(function)
    return functions.requests.get(function, NOTHING if functions.plain_requests else None)
