"""Families 03, 1D and 1E: how often something happened. The records of the events are not in this table yet."""

from typing import Final

from protocols.dlt645.data_item import Part, Row
from protocols.dlt645.formats import Number

_COUNT: Final = Number(3, 0, "")


def _row(di: str, name: str) -> Row:
    return Row(di, name, (Part(name, _COUNT),))


ROWS: Final = (
    _row("03110000", "power_down_count"),
    _row("03300000", "programming_count"),
    _row("03300100", "meter_cleared_count"),
    _row("03300200", "demand_cleared_count"),
    _row("03300300", "events_cleared_count"),
    _row("03300400", "clock_set_count"),
    _row("03300D00", "cover_open_count"),
    _row("03300E00", "terminal_cover_open_count"),
    _row("03350000", "magnetic_field_count"),
    _row("1D000001", "trip_count"),
    _row("1E000001", "close_count"),
)
