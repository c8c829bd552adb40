"""Family 02, what the meter measures now. The top bit is the sign of currents, powers and power factors."""

from typing import Final

from protocols.dlt645.data_item import Part, Row
from protocols.dlt645.formats import Number


def _row(pattern: str, name: str, number_format: Number) -> Row:
    return Row(pattern, name, (Part(name, number_format),))


VOLTAGE: Final = Number(2, 1, "V")
CURRENT: Final = Number(3, 3, "A", signed=True)
ACTIVE_POWER: Final = Number(3, 4, "kW", signed=True)
REACTIVE_POWER: Final = Number(3, 4, "kvar", signed=True)
APPARENT_POWER: Final = Number(3, 4, "kVA", signed=True)
POWER_FACTOR: Final = Number(2, 3, "", signed=True)
FREQUENCY: Final = Number(2, 2, "Hz")

ROWS: Final = (
    _row("0201PP00", "voltage", VOLTAGE),
    _row("0202PP00", "current", CURRENT),
    _row("0203QQ00", "active_power", ACTIVE_POWER),
    _row("0204QQ00", "reactive_power", REACTIVE_POWER),
    _row("0205QQ00", "apparent_power", APPARENT_POWER),
    _row("0206QQ00", "power_factor", POWER_FACTOR),
    _row("0207PP00", "phase_angle", Number(2, 1, "deg")),
    _row("0208PP00", "voltage_distortion", Number(2, 2, "%")),
    _row("0209PP00", "current_distortion", Number(2, 2, "%")),
    _row("020APPHH", "voltage_harmonic", Number(2, 2, "%")),
    _row("020BPPHH", "current_harmonic", Number(2, 2, "%")),
    _row("02800001", "current_neutral", CURRENT),
    _row("02800002", "frequency", FREQUENCY),
    _row("02800003", "active_power_minute_average", Number(3, 4, "kW")),
    _row("02800004", "active_demand", ACTIVE_POWER),
    _row("02800005", "reactive_demand", REACTIVE_POWER),
    _row("02800006", "apparent_demand", APPARENT_POWER),
    _row("02800007", "temperature", Number(2, 1, "degC", signed=True)),
    _row("02800008", "clock_battery_voltage", Number(2, 2, "V")),
    _row("02800009", "reading_battery_voltage", Number(2, 2, "V")),
    _row("0280000A", "clock_battery_working_time", Number(4, 0, "min")),
    _row("0280000B", "step_price", Number(4, 4, "CNY/kWh")),
)
