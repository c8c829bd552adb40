"""The energies that families 00, 01 and 05 count, under the DI2 codes they share."""

from typing import Final, NamedTuple

from protocols.dlt645.formats import Number


class Energy(NamedTuple):
    """One energy register; `signed` only where the standard gives the top bit to the sign."""

    di2: int
    name: str
    unit: str
    signed: bool = False

    @property
    def format(self) -> Number:
        return Number(4, 2, self.unit, self.signed)


_TOTALS: Final = (
    Energy(0x00, "active_energy_combined", "kWh", signed=True),
    Energy(0x01, "active_energy_import", "kWh"),
    Energy(0x02, "active_energy_export", "kWh"),
    Energy(0x03, "reactive_energy_combined1", "kvarh", signed=True),
    Energy(0x04, "reactive_energy_combined2", "kvarh", signed=True),
    Energy(0x05, "reactive_energy_q1", "kvarh"),
    Energy(0x06, "reactive_energy_q2", "kvarh"),
    Energy(0x07, "reactive_energy_q3", "kvarh"),
    Energy(0x08, "reactive_energy_q4", "kvarh"),
    Energy(0x09, "apparent_energy_import", "kVAh"),
    Energy(0x0A, "apparent_energy_export", "kVAh"),
)

_LOSSES: Final = (
    Energy(0x80, "active_energy_linked", "kWh", signed=True),
    Energy(0x81, "active_energy_import_fundamental", "kWh"),
    Energy(0x82, "active_energy_export_fundamental", "kWh"),
    Energy(0x83, "active_energy_import_harmonic", "kWh"),
    Energy(0x84, "active_energy_export_harmonic", "kWh"),
    Energy(0x85, "copper_loss_energy", "kWh"),
    Energy(0x86, "iron_loss_energy", "kWh"),
)

_PHASE_STEP: Final = 0x14
"""Phase A lies at 15 (= 01 + 14) and 94 (= 80 + 14), B and C one step further each."""

TOTALS: Final = _TOTALS
LINKED: Final = _LOSSES[:1]
LOSSES: Final = _LOSSES[1:]


def of_phases(energies: tuple[Energy, ...]) -> tuple[Energy, ...]:
    """The same energies of phase A, B and C."""
    return tuple(
        Energy(di2 + _PHASE_STEP * phase, f"{name}_l{phase}", unit, signed)
        for phase in (1, 2, 3)
        for di2, name, unit, signed in energies
    )


PHASE_TOTALS: Final = of_phases(_TOTALS[1:])
PHASE_LOSSES: Final = of_phases(_LOSSES)
