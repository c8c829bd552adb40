"""Family 01, maximum demand: XX.XXXX in three bytes and the time it was reached in five."""

from typing import Final

from protocols.dlt645.data_item import Part, Row
from protocols.dlt645.families import quantities
from protocols.dlt645.families.quantities import Energy
from protocols.dlt645.formats import Number, Stamp


def parts(energy: Energy) -> tuple[Part, ...]:
    """The demand and its time, as the freezes carry them too."""
    name = energy.name.replace("active_energy", "max_demand", 1)
    if not energy.name.startswith("active_energy"):
        name = f"max_demand_{energy.name.replace('_energy', '', 1)}"
    demand = Number(3, 4, energy.unit.removesuffix("h"))
    return Part(name, demand), Part(f"{name}_time", Stamp("YYMMDDhhmm"), offset=3)


def _row(energy: Energy) -> Row:
    demand, time = parts(energy)
    return Row(f"01{energy.di2:02X}TTSS", demand.name, (demand, time))


ROWS: Final = tuple(_row(energy) for energy in quantities.TOTALS[1:] + quantities.PHASE_TOTALS)
