"""Family 00, energy registers: XXXXXX.XX in four bytes. Bit 7 is the digit 8 or 9 unless the register is signed."""

from typing import Final

from protocols.dlt645.data_item import Part, Row
from protocols.dlt645.families import quantities
from protocols.dlt645.formats import Number

_COUNTED: Final = quantities.TOTALS + quantities.PHASE_TOTALS + quantities.LOSSES + quantities.PHASE_LOSSES


def _row(pattern: str, name: str, number_format: Number) -> Row:
    return Row(pattern, name, (Part(name, number_format),))


ROWS: Final = (
    *(_row(f"00{energy.di2:02X}TTSS", energy.name, energy.format) for energy in _COUNTED),
    *(_row(f"00{energy.di2:02X}00SS", energy.name, energy.format) for energy in quantities.LINKED),
    _row("000B00SS", "active_energy_combined_month", Number(4, 2, "kWh")),
    _row("000C00SS", "active_energy_combined_year", Number(4, 2, "kWh")),
    _row("00900100", "remaining_energy", Number(4, 2, "kWh")),
    _row("00900101", "overdraft_energy", Number(4, 2, "kWh")),
    _row("00900200", "remaining_money", Number(4, 2, "CNY")),
    _row("00900201", "overdraft_money", Number(4, 2, "CNY")),
)
