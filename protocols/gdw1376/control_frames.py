"""Frames of AFN 05: trips, permissions, protection, clock. They are built here to be read and tested.

Nothing that can reach a line may import this module before switching has its own guarded path.
"""

from collections.abc import Mapping
from typing import Final

from protocols.gdw1376.formats import Quantity
from protocols.gdw1376.frame import Frame
from protocols.gdw1376.functions import control
from protocols.gdw1376.requests import CLASS_1, Terminal, Turn, Units, request

_AFN: Final = 0x05
_TERMINAL: Final = 0


def trip(terminal: Terminal, round_: int, turn: Turn, *, alarm_delay_min: int = 0, limit_half_hours: int = 0) -> Frame:
    """F1: open one round after the alarm delay; a limit of 0 never ends."""
    quantities: dict[str, Quantity] = {"alarm_delay": alarm_delay_min, "limit_time": str(limit_half_hours / 2)}
    return command(terminal, round_, control.TRIP, quantities, turn)


def permit_close(terminal: Terminal, round_: int, turn: Turn) -> Frame:
    """F2: the customer may close the round by hand."""
    return command(terminal, round_, control.PERMIT_CLOSE, {}, turn)


def protect(terminal: Terminal, half_hours: int, turn: Turn) -> Frame:
    """F25: no trip of any kind for so long; 0 never ends."""
    return command(terminal, _TERMINAL, control.PROTECT, {"duration": str(half_hours / 2)}, turn)


def end_protection(terminal: Terminal, turn: Turn) -> Frame:
    """F33."""
    return command(terminal, _TERMINAL, control.END_PROTECTION, {}, turn)


def set_clock(terminal: Terminal, local_time: str, turn: Turn) -> Frame:
    """F31: `local_time` as in 2024-05-31 08:30:00, by the terminal's own zone."""
    return command(terminal, _TERMINAL, control.SET_CLOCK, {"terminal_clock": local_time}, turn)


def command(terminal: Terminal, point: int, function: int, quantities: Mapping[str, Quantity], turn: Turn) -> Frame:
    """Any function of AFN 05 whose layout we know."""
    return request(terminal, _AFN, [Units((point,), (function,), quantities)], turn, link_function=CLASS_1)
