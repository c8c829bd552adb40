"""Family 04, parameters: the clock, who the meter is, and its status words."""

from typing import Final

from protocols.dlt645.data_item import Part, Row
from protocols.dlt645.formats import Bits, Digits, Format, Number, Stamp, Text


def _row(pattern: str, name: str, value_format: Format) -> Row:
    return Row(pattern, name, (Part(name, value_format),))


ROWS: Final = (
    Row("04000101", "clock_date", (Part("clock_date", Stamp("YYMMDD"), 1), Part("clock_weekday", Number(1, 0, "")))),
    _row("04000102", "clock_time", Stamp("hhmmss")),
    _row("0400010C", "clock", Stamp("YYMMDDWWhhmmss")),
    _row("04000401", "meter_address", Digits(6)),
    _row("04000402", "meter_number", Digits(6)),
    _row("04000403", "asset_code", Text(32)),
    _row("04000404", "rated_voltage", Text(6)),
    _row("04000405", "rated_current", Text(6)),
    _row("04000406", "max_current", Text(6)),
    _row("04000407", "active_accuracy_class", Text(4)),
    _row("04000408", "reactive_accuracy_class", Text(4)),
    _row("04000409", "active_meter_constant", Number(3, 0, "imp/kWh")),
    _row("0400040A", "reactive_meter_constant", Number(3, 0, "imp/kvarh")),
    _row("0400040B", "meter_type", Text(10)),
    _row("0400040C", "made_on", Text(10)),
    _row("0400040D", "protocol_version", Text(16)),
    _row("0400040E", "customer_number", Digits(6)),
    _row("040005WW", "status_word", Bits(2)),
    _row("04000508", "key_state_word", Bits(4)),
    _row("04800001", "software_version", Text(32)),
    _row("04800002", "hardware_version", Text(32)),
    _row("04800003", "maker_code", Text(32)),
)
