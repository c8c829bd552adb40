"""AFN 0D, class-2 data: what was frozen at the end of days and months, and curves. A reply repeats the request's Td.

Registers of a day or a month have the shape of their current ones behind Td. A curve of n points counts from its start.
"""

from collections.abc import Mapping
from typing import Final

from protocols.gdw1376.formats import Format
from protocols.gdw1376.functions import formats_of_the_annex as annex
from protocols.gdw1376.functions.current import BACKWARD, BY_QUANTITY, FORWARD
from protocols.gdw1376.layouts import Field, Layout, Repeat

DAY: Final[Layout] = (Field("day", annex.A20),)
MONTH: Final[Layout] = (Field("month", annex.A21),)
CURVE: Final[Layout] = (Field("start", annex.A15), Field("density", annex.U8), Field("points", annex.U8))

DENSITY_MINUTES: Final[Mapping[int, int]] = {1: 15, 2: 30, 3: 60, 254: 5, 255: 1}

_CURVES: Final[Mapping[int, tuple[str, Format]]] = {
    **dict(enumerate([(f"active_power{p}", annex.A9_KW) for p in ("", "_l1", "_l2", "_l3")], 81)),
    **dict(enumerate([(f"reactive_power{p}", annex.A9_KVAR) for p in ("", "_l1", "_l2", "_l3")], 85)),
    **dict(enumerate([(f"voltage_l{p}", annex.A7) for p in (1, 2, 3)], 89)),
    **dict(enumerate([(f"current_{p}", annex.A25) for p in ("l1", "l2", "l3", "neutral")], 92)),
    97: ("active_energy_import_interval", annex.A13_KWH),
    98: ("reactive_energy_import_interval", annex.A13_KVARH),
    99: ("active_energy_export_interval", annex.A13_KWH),
    100: ("reactive_energy_export_interval", annex.A13_KVARH),
    101: ("active_energy_import", annex.A11_KWH),
    102: ("reactive_energy_combined1", annex.A11_KVARH),
    103: ("active_energy_export", annex.A11_KWH),
    104: ("reactive_energy_combined2", annex.A11_KVARH),
    **dict(enumerate([(f"power_factor{p}", annex.A5_PERCENT) for p in ("", "_l1", "_l2", "_l3")], 105)),
}
_DAYS: Final = (*range(1, 13), *range(161, 169))
_MONTHS: Final = (*range(17, 21), *range(177, 185))

NAMES: Final[Mapping[int, str]] = {
    1: "import registers of a day",
    2: "export registers of a day",
    9: "import registers of a copy day",
    10: "export registers of a copy day",
    17: "import registers of a month",
    18: "export registers of a month",
    **{function: f"curve of {name}" for function, (name, _) in _CURVES.items()},
}
REQUESTS: Final[Mapping[int, Layout]] = {
    **dict.fromkeys(_DAYS, DAY),
    **dict.fromkeys(_MONTHS, MONTH),
    **dict.fromkeys(_CURVES, CURVE),
}
REPLIES: Final[Mapping[int, Layout]] = {
    1: DAY + FORWARD,
    2: DAY + BACKWARD,
    9: DAY + FORWARD,
    10: DAY + BACKWARD,
    17: MONTH + FORWARD,
    18: MONTH + BACKWARD,
    **{function: DAY + layout for function, layout in enumerate(BY_QUANTITY, 161)},
    **{function: MONTH + layout for function, layout in enumerate(BY_QUANTITY, 177)},
    **{function: (*CURVE, Repeat("points", (Field(*curve),))) for function, curve in _CURVES.items()},
}
