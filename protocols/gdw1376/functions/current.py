"""AFN 0C, class-1 data: what the terminal and its measuring points say now. A request is the identifier alone.

Absent here means that no length is known to us: such data stay hex, with a problem that says so.
"""

from collections.abc import Mapping
from typing import Final

from protocols.gdw1376.formats import Format
from protocols.gdw1376.functions import formats_of_the_annex as annex
from protocols.gdw1376.layouts import Field, Layout, Tariffs

_PHASES: Final = ("_l1", "_l2", "_l3")
_TOTAL_AND_PHASES: Final = ("", *_PHASES)

_ACTIVE, _REACTIVE = annex.A14, annex.A11_KVARH
REGISTERS: Final[tuple[tuple[str, Format], ...]] = (
    ("active_energy_import", _ACTIVE),
    ("reactive_energy_combined1", _REACTIVE),
    ("active_energy_export", _ACTIVE),
    ("reactive_energy_combined2", _REACTIVE),
    ("reactive_energy_q1", _REACTIVE),
    ("reactive_energy_q2", _REACTIVE),
    ("reactive_energy_q3", _REACTIVE),
    ("reactive_energy_q4", _REACTIVE),
)
"""In the order in which eight functions in a row carry them (F129, F137; in history F161, F177)."""

READ_AT: Final[Layout] = (Field("read_at", annex.A15),)
_METER_HEAD: Final[Layout] = (*READ_AT, Field("tariffs", annex.U8))


def _each(name: str, suffixes: tuple[str, ...], form: Format) -> Layout:
    return tuple(Field(name + suffix, form) for suffix in suffixes)


def _registers(*places: int) -> Layout:
    return (*_METER_HEAD, *(Tariffs(*REGISTERS[place]) for place in places))


FORWARD: Final = _registers(0, 1, 4, 7)
BACKWARD: Final = _registers(2, 3, 5, 6)
BY_QUANTITY: Final[tuple[Layout, ...]] = tuple(_registers(place) for place in range(len(REGISTERS)))

_POWERS: Final[Layout] = (
    *READ_AT,
    *_each("active_power", _TOTAL_AND_PHASES, annex.A9_KW),
    *_each("reactive_power", _TOTAL_AND_PHASES, annex.A9_KVAR),
    *_each("power_factor", _TOTAL_AND_PHASES, annex.A5_PERCENT),
    *_each("voltage", _PHASES, annex.A7),
)
_MOMENT: Final[Layout] = (
    *_POWERS,
    *_each("current", (*_PHASES, "_neutral"), annex.A25),
    *_each("apparent_power", _TOTAL_AND_PHASES, annex.A9_KVA),
)
MOMENT_OF_2005: Final[Layout] = (*_POWERS, *_each("current", (*_PHASES, "_neutral"), annex.A6))

NAMES: Final[Mapping[int, str]] = {
    2: "terminal clock",
    3: "parameter status",
    4: "uplink status",
    5: "control settings",
    6: "control state",
    7: "event counters",
    9: "status inputs",
    10: "traffic",
    17: "group active power",
    18: "group reactive power",
    23: "remaining energy or fee",
    25: "measuring point now",
    26: "phase failures",
    27: "meter clock and programming",
    28: "meter status words",
    33: "import registers",
    34: "export registers",
    35: "import maximum demand",
    36: "export maximum demand",
    49: "phase angles",
    165: "meter switch state",
}
REPLIES: Final[Mapping[int, Layout]] = {
    2: (Field("terminal_clock", annex.A1),),
    7: (Field("event_counter_important", annex.U8), Field("event_counter_ordinary", annex.U8)),
    23: (Field("remaining_energy", annex.A3_ENERGY),),
    25: _MOMENT,
    33: FORWARD,
    34: BACKWARD,
    **dict(enumerate(BY_QUANTITY, 129)),
    **dict(enumerate(BY_QUANTITY, 137)),
}
