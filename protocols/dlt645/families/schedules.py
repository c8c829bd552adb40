"""Family 04, when which tariff counts and what it costs: zones of the year, periods of the day, holidays, prices."""

from typing import Final

from protocols.dlt645.command_formats import Hex
from protocols.dlt645.data_item import Part, Row
from protocols.dlt645.formats import Bits, Number, Stamp

_NUMBER: Final = Number(1, 0, "")
_PRICE: Final = Number(4, 4, "CNY/kWh")
_UP_TO_14: Final = tuple(f"_{number}" for number in range(1, 15))


def _switch(di: str, name: str) -> Row:
    return Row(di, name, (Part(name, Stamp("YYMMDDhhmm")),))


def _prices(pattern: str, name: str) -> Row:
    return Row(pattern, name, (Part(name, _PRICE),))


def _zones(table: int) -> Row:
    """MMDDNN: from this day the periods of table NN count."""
    name = f"zone_table_{table}"
    parts = (Part(f"{name}_periods", _NUMBER), Part(f"{name}_start", Stamp("MMDD"), 1))
    return Row(f"04{table:02X}0000", name, parts, _UP_TO_14)


def _periods(table: int) -> Row:
    """hhmmNN: from this minute tariff NN counts."""
    name = f"period_tables_{table}"
    parts = (Part(f"{name}_tariff", _NUMBER), Part(f"{name}_start", Stamp("hhmm"), 1))
    return Row(f"04{table:02X}00PT", name, parts, _UP_TO_14)


def _ladder_steps(pattern: str, name: str) -> Row:
    return Row(pattern, name, (Part(name, Number(4, 2, "kWh")),))


ROWS: Final = (
    _switch("04000106", "zone_tables_switch_time"),
    _switch("04000107", "period_tables_switch_time"),
    _switch("04000108", "ladder_switch_time"),
    _switch("04000109", "price_switch_time"),
    Row("04000801", "weekend_word", (Part("weekend_word", Bits(1)),)),
    Row("04000802", "weekend_periods", (Part("weekend_periods", _NUMBER),)),
    *(_zones(table) for table in (1, 2)),
    *(_periods(table) for table in (1, 2)),
    Row("040300HD", "holiday", (Part("holiday_periods", _NUMBER), Part("holiday_date", Stamp("YYMMDD"), 1))),
    *(
        Row(
            f"0404{screen:02X}DN",
            f"display_{screen}_item",
            (Part(f"display_{screen}_identifier", Hex(4)), Part(f"display_{screen}_part", Hex(1), 4)),
        )
        for screen in (1, 2)
    ),
    _prices("040501TN", "price_set_1"),
    _prices("040502TN", "price_set_2"),
    _ladder_steps("040600LN", "ladder_set_1_step"),
    _prices("040601LN", "ladder_set_1_price"),
    _ladder_steps("040602LN", "ladder_set_2_step"),
    _prices("040603LN", "ladder_set_2_price"),
)
