"""Family 04, how the meter works: demand, displays, ports, freezes, load records, limits and passwords."""

from typing import Final

from protocols.dlt645.command_formats import BAUD_BITS, BaudWord, Hex
from protocols.dlt645.data_item import Part, Row
from protocols.dlt645.formats import Bits, Digits, Format, Number, Stamp

_ENERGY: Final = Number(4, 2, "kWh")
_MONEY: Final = Number(4, 2, "CNY")
_COUNT: Final = Number(1, 0, "")
_PORTS: Final = ("infrared_modulated", "infrared_contact", "port_1", "port_2", "port_3")
_LOAD_CLASSES: Final = range(1, 7)


def _row(pattern: str, name: str, value_format: Format) -> Row:
    return Row(pattern, name, (Part(name, value_format),))


_DEMAND: Final = (
    _row("04000103", "demand_period", Number(1, 0, "min")),
    _row("04000104", "demand_slip", Number(1, 0, "min")),
    _row("04000105", "pulse_width", Number(2, 0, "ms")),
)
_COUNTS: Final = (
    _row("04000201", "zone_count", _COUNT),
    _row("04000202", "period_table_count", _COUNT),
    _row("04000203", "period_count", _COUNT),
    _row("04000204", "tariff_count", _COUNT),
    _row("04000205", "holiday_count", Number(2, 0, "")),
    _row("04000206", "harmonic_count", _COUNT),
    _row("04000207", "ladder_step_count", _COUNT),
    _row("04000301", "display_screen_count", _COUNT),
    _row("04000302", "display_time", Number(1, 0, "s")),
    _row("04000303", "display_energy_decimals", _COUNT),
    _row("04000304", "display_power_decimals", _COUNT),
    _row("04000305", "display_key_screen_count", _COUNT),
    _row("04000306", "current_transformer_ratio", Number(3, 0, "")),
    _row("04000307", "voltage_transformer_ratio", Number(3, 0, "")),
)
_WORDS: Final = (
    _row("04000601", "active_combination_word", Bits(1)),
    _row("04000602", "reactive_combination1_word", Bits(1)),
    _row("04000603", "reactive_combination2_word", Bits(1)),
    *(_row(f"040007{n:02X}", f"baud_rate_{port}", BaudWord(BAUD_BITS)) for n, port in enumerate(_PORTS, start=1)),
    _row("04000901", "load_record_mode", Bits(1)),
    _row("04000902", "timed_freeze_mode", Bits(1)),
    _row("04000903", "instantaneous_freeze_mode", Bits(1)),
    _row("04000904", "agreed_freeze_mode", Bits(1)),
    _row("04000905", "hourly_freeze_mode", Bits(1)),
    _row("04000906", "daily_freeze_mode", Bits(1)),
)
_TIMES: Final = (
    _row("04000A01", "load_record_start", Stamp("MMDDhhmm")),
    *(_row(f"04000A{n + 1:02X}", f"load_record_interval_{n}", Number(2, 0, "min")) for n in _LOAD_CLASSES),
    *(_row(f"04000B{n:02X}", f"settlement_day_{n}", Digits(2)) for n in (1, 2, 3)),  # DDhh, 9999 where unused
)
_PASSWORDS: Final = tuple(
    Row(
        f"04000C{level + 1:02X}",
        f"password_of_level_{level}",
        (Part(f"password_level_{level}", Hex(1)), Part(f"password_{level}", Hex(3), 1)),
    )
    for level in range(10)
)
"""Written only: no meter tells them."""

_LIMITS: Final = (
    *(_row(f"04000D{n:02X}", f"line_constant_{n}", Number(2, 3, "")) for n in range(1, 13)),
    _row("04000E01", "active_power_import_limit", Number(3, 4, "kW")),
    _row("04000E02", "active_power_export_limit", Number(3, 4, "kW")),
    _row("04000E03", "voltage_upper_limit", Number(2, 1, "V")),
    _row("04000E04", "voltage_lower_limit", Number(2, 1, "V")),
)
_PREPAYMENT: Final = (
    _row("04000F01", "alarm_energy_1", _ENERGY),
    _row("04000F02", "alarm_energy_2", _ENERGY),
    _row("04000F03", "hoard_energy_limit", _ENERGY),
    _row("04000F04", "overdraft_energy_limit", _ENERGY),
    _row("04001001", "alarm_money_1", _MONEY),
    _row("04001002", "alarm_money_2", _MONEY),
    _row("04001003", "overdraft_money_limit", _MONEY),
    _row("04001004", "hoard_money_limit", _MONEY),
    _row("04001005", "close_permit_money", _MONEY),
)

ROWS: Final = (*_DEMAND, *_COUNTS, *_WORDS, *_TIMES, *_PASSWORDS, *_LIMITS, *_PREPAYMENT)
