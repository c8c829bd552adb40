"""Families 03, 1D and 1E: how often something happened, and the last ten records of it, 1 the newest.

A slot that was never used comes as all 00 or all FF, an event that still goes on has no end: neither is a time.
"""

from typing import Final

from protocols.dlt645.command_formats import Hex
from protocols.dlt645.data_item import Part, Row, parts_in_order
from protocols.dlt645.formats import Bits, Digits, Format, Number, Stamp

Named = tuple[str, Format]

_COUNT: Final = Number(3, 0, "")
_MINUTES: Final = Number(3, 0, "min")
_MOMENT: Final = Stamp("YYMMDDhhmmss")
_ACTIVE: Final = Number(4, 2, "kWh")
_REACTIVE: Final = Number(4, 2, "kvarh")
_PHASES: Final = ("l1", "l2", "l3")
_SPAN: Final[tuple[Named, ...]] = (("begin", _MOMENT), ("end", _MOMENT))
_WHO: Final[tuple[Named, ...]] = (("time", _MOMENT), ("operator_code", Hex(4)))

PHASE_EVENTS: Final = (
    (0x01, "voltage_loss"),
    (0x02, "under_voltage"),
    (0x03, "over_voltage"),
    (0x04, "phase_missing"),
    (0x0B, "current_loss"),
    (0x0C, "over_current"),
    (0x0D, "current_cut"),
    (0x0E, "reverse_flow"),
    (0x0F, "overload"),
)
METER_EVENTS: Final = (
    (0x05, "all_phases_lost"),
    (0x06, "auxiliary_supply_lost"),
    (0x07, "voltage_sequence_reversed"),
    (0x08, "current_sequence_reversed"),
    (0x09, "voltage_unbalanced"),
    (0x0A, "current_unbalanced"),
)
_COUNTED: Final = (
    ("03110000", "power_down"),
    ("03300000", "programming"),
    ("03300100", "meter_cleared"),
    ("03300200", "demand_cleared"),
    ("03300300", "events_cleared"),
    ("03300400", "clock_set"),
    ("03300500", "period_tables_set"),
    ("03300600", "zone_tables_set"),
    ("03300700", "weekend_set"),
    ("03300800", "holidays_set"),
    ("03300900", "active_combination_set"),
    ("03300A00", "reactive_combination1_set"),
    ("03300B00", "reactive_combination2_set"),
    ("03300C00", "settlement_days_set"),
    ("03300D00", "cover_open"),
    ("03300E00", "terminal_cover_open"),
    ("03350000", "magnetic_field"),
    ("03360000", "relay_failure"),
    ("03370000", "supply_abnormal"),
    ("1D000001", "trip"),
    ("1E000001", "close"),
)
_DEMAND_DIRECTIONS: Final = ("import", "export", "q1", "q2", "q3", "q4")


def _row(pattern: str, event: str, *named: Named) -> Row:
    return Row(pattern, f"{event}_record", parts_in_order((f"{event}_{name}", fmt) for name, fmt in named))


def _counter(di: str, event: str, *named: Named) -> Row:
    return Row(di, f"{event}_count", parts_in_order((f"{event}_{name}", fmt) for name, fmt in named))


def _increments(prefix: str = "") -> tuple[Named, ...]:
    return (
        (f"{prefix}active_energy_import", _ACTIVE),
        (f"{prefix}active_energy_export", _ACTIVE),
        (f"{prefix}reactive_energy_combined1", _REACTIVE),
        (f"{prefix}reactive_energy_combined2", _REACTIVE),
    )


def _phase_state(phase: str) -> tuple[Named, ...]:
    return (
        *_increments(f"{phase}_"),
        (f"{phase}_voltage", Number(2, 1, "V")),
        (f"{phase}_current", Number(3, 3, "A", signed=True)),
        (f"{phase}_active_power", Number(3, 4, "kW", signed=True)),
        (f"{phase}_reactive_power", Number(3, 4, "kvar", signed=True)),
        (f"{phase}_power_factor", Number(2, 3, "", signed=True)),
    )


def _six_energies(suffix: str = "", prefix: str = "") -> tuple[Named, ...]:
    quadrants = ((f"{prefix}reactive_energy_q{number}{suffix}", _REACTIVE) for number in (1, 2, 3, 4))
    return (
        (f"{prefix}active_energy_import{suffix}", _ACTIVE),
        (f"{prefix}active_energy_export{suffix}", _ACTIVE),
        *quadrants,
    )


_ALL_INCREMENTS: Final = (*_increments(), *(named for phase in _PHASES for named in _increments(f"{phase}_")))
_ALL_ENERGIES: Final = (*_six_energies(), *(named for phase in _PHASES for named in _six_energies(prefix=f"{phase}_")))
_PHASE_STATES: Final = (*_increments(), *(named for phase in _PHASES for named in _phase_state(phase)))
_AMPERE_HOURS: Final[tuple[Named, ...]] = tuple((f"{of}charge", Number(4, 2, "Ah")) for of in ("", "l1_", "l2_", "l3_"))
_DEMANDS: Final = tuple(
    named
    for name, energy in _ALL_ENERGIES
    for named in (
        (f"max_demand_{name}", Number(3, 4, energy.unit.removesuffix("h"))),
        (f"max_demand_{name}_time", Stamp("YYMMDDhhmm")),
    )
)


def _phase_record(number: int) -> tuple[Named, ...]:
    """Voltage events keep the charge too; reversed flow and overload only the energies."""
    if number >= 0x0E:
        return (*_SPAN, *_ALL_INCREMENTS)
    return (*_SPAN, *_PHASE_STATES, *(_AMPERE_HOURS if number <= 0x04 else ()))


def _zones(table: int) -> tuple[Named, ...]:
    return tuple(
        named
        for zone in range(1, 15)
        for named in ((f"table_{table}_zone_{zone}", Number(1, 0, "")), (f"table_{table}_start_{zone}", Stamp("MMDD")))
    )


_METER_RECORDS: Final[dict[int, tuple[Named, ...]]] = {
    0x05: (("begin", _MOMENT), ("current", Number(3, 3, "A", signed=True)), ("end", _MOMENT)),
    0x06: _SPAN,
    0x07: (*_SPAN, *_ALL_INCREMENTS),
    0x08: (*_SPAN, *_ALL_INCREMENTS),
    0x09: (*_SPAN, ("max_unbalance", Number(2, 2, "%")), *_ALL_INCREMENTS),
    0x0A: (*_SPAN, ("max_unbalance", Number(2, 2, "%")), *_ALL_INCREMENTS),
}
_HOLIDAYS: Final = tuple(
    named
    for holiday in range(1, 255)
    for named in ((f"table_{holiday}", Number(1, 0, "")), (f"date_{holiday}", Stamp("YYMMDD")))
)
_COMPLIANCE: Final[tuple[Named, ...]] = (
    ("watched", _MINUTES),
    ("within", Number(3, 2, "%")),
    ("beyond", Number(3, 2, "%")),
    ("over_time", _MINUTES),
    ("under_time", _MINUTES),
    ("max", Number(2, 1, "V")),
    ("max_time", Stamp("MMDDhhmm")),
    ("min", Number(2, 1, "V")),
    ("min_time", Stamp("MMDDhhmm")),
)

ROWS: Final = (
    *(Row(di, f"{event}_count", (Part(f"{event}_count", _COUNT),)) for di, event in _COUNTED),
    *(
        _counter(
            f"03{number:02X}0000",
            event,
            *((f"{what}_{phase}", fmt) for phase in _PHASES for what, fmt in (("count", _COUNT), ("time", _MINUTES))),
        )
        for number, event in PHASE_EVENTS
    ),
    *(_counter(f"03{number:02X}0000", event, ("count", _COUNT), ("time", _MINUTES)) for number, event in METER_EVENTS),
    _counter("03120000", "demand_over_limit", *((f"count_{way}", _COUNT) for way in _DEMAND_DIRECTIONS)),
    *(_row(f"03{number:02X}PXRR", event, *_phase_record(number)) for number, event in PHASE_EVENTS),
    *(_row(f"03{number:02X}00RR", event, *_METER_RECORDS[number]) for number, event in METER_EVENTS),
    _row("0310QXMB", "voltage_compliance", *_COMPLIANCE),
    _row("031100RR", "power_down", *_SPAN),
    _row("0312DXRR", "demand_over_limit", *_SPAN, ("demand", Number(3, 4, "")), ("demand_time", Stamp("YYMMDDhhmm"))),
    _row("033000RR", "programming", *_WHO, *((f"identifier_{number}", Bits(4)) for number in range(1, 11))),
    _row("033001RR", "meter_cleared", *_WHO, *_ALL_ENERGIES),
    _row("033002RR", "demand_cleared", *_WHO, *_DEMANDS),
    _row("033003RR", "events_cleared", *_WHO, ("identifier", Hex(4))),
    _row("033004RR", "clock_set", ("operator_code", Hex(4)), ("before", _MOMENT), ("after", _MOMENT)),
    _row("033006RR", "zone_tables_set", *_WHO, *_zones(1), *_zones(2)),
    _row("033007RR", "weekend_set", *_WHO, ("word", Bits(1))),
    _row("033008RR", "holidays_set", *_WHO, *_HOLIDAYS),
    _row("033009RR", "active_combination_set", *_WHO, ("word", Bits(1))),
    _row("03300ARR", "reactive_combination1_set", *_WHO, ("word", Bits(1))),
    _row("03300BRR", "reactive_combination2_set", *_WHO, ("word", Bits(1))),
    _row("03300CRR", "settlement_days_set", *_WHO, *((f"day_{number}", Digits(2)) for number in (1, 2, 3))),
    _row("03300DRR", "cover_open", *_SPAN, *_six_energies("_before"), *_six_energies("_after")),
    _row("03300ERR", "terminal_cover_open", *_SPAN, *_six_energies("_before"), *_six_energies("_after")),
    _row("033500RR", "magnetic_field", *_SPAN, *_six_energies("_before")[:2], *_six_energies("_after")[:2]),
    _row("1D0001RR", "trip", *_WHO, *_six_energies()),
    _row("1E0001RR", "close", *_WHO, *_six_energies()),
)
