"""What each DL/T 645-2007 data identifier means: one lookup over the families' tables, exact values in and out."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from protocols.dlt645 import load_records
from protocols.dlt645.data_item import DataItem, Row, expand
from protocols.dlt645.families import (
    demand,
    energy,
    events,
    freezes,
    opaque,
    parameters,
    schedules,
    settings,
    variables,
)
from protocols.dlt645.formats import Quantity, Value
from protocols.errors import LocalProtocolError

ROWS: Final[tuple[Row, ...]] = (
    *energy.ROWS,
    *demand.ROWS,
    *variables.ROWS,
    *events.ROWS,
    *parameters.ROWS,
    *settings.ROWS,
    *schedules.ROWS,
    *freezes.ROWS,
)


def _by_prefix(rows: Sequence[Row]) -> dict[str, tuple[Row, ...]]:
    prefixes = {row.pattern[:4] for row in rows}
    return {prefix: tuple(row for row in rows if row.pattern.startswith(prefix)) for prefix in prefixes}


_BY_PREFIX: Final = _by_prefix(ROWS)


@lru_cache(maxsize=4096)
def find(di: str) -> DataItem | None:
    """The item of an identifier (eight hex digits, written order, upper case), or None where it is unknown."""
    if len(di) != 8 or di.strip("0123456789ABCDEF"):
        return None
    for row in _BY_PREFIX.get(di[:4], ()):
        item = expand(row, di)
        if item is not None:
            return item
    return freezes.find_block(di) or load_records.find_records(di) or opaque.find_opaque(di)


def decode(di: str, payload: bytes) -> tuple[Value, ...]:
    """The values in the data of a reply (without the identifier). Data that does not fit gives one void value."""
    return (find(di) or _known(di)).decode(payload)


def encode_values(di: str, values: Sequence[Quantity]) -> bytes:
    """The data a meter sends for these values; a block takes as many members as are given. None is sent as FF."""
    return _known(di).encode(values)


def _known(di: str) -> DataItem:
    item = find(di)
    if item is None:
        raise LocalProtocolError(f"data identifier {di!r} is not in the table")
    return item
