"""Reading types: the one table that joins name, OBIS, CIM, data identifier, unit and decimals.

Nothing else maps between these. Refuses values that its decimals cannot hold exactly.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from headend.domain.errors import ConfigError, UnknownReadingType

UNITS: tuple[str, ...] = (
    "",
    "kWh",
    "kvarh",
    "kVAh",
    "V",
    "A",
    "kW",
    "kvar",
    "kVA",
    "Hz",
    "deg",
    "degC",
    "s",
)
UNIT_CODE: dict[str, int] = {unit: code for code, unit in enumerate(UNITS)}
OBIS_CODE = re.compile(r"^\d{1,3}-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3}$")


class ReadingKind(StrEnum):
    """How the quantity behaves in time."""

    REGISTER = "register"
    INSTANTANEOUS = "instantaneous"
    DEMAND = "demand"


@dataclass(frozen=True, slots=True)
class ReadingType:
    """What a reading means. `decimals` is the storage scale: value = scaled integer / 10**decimals."""

    id: int
    name: str
    obis: str
    cim: str
    data_identifier: str
    unit: str
    decimals: int
    shown_decimals: int
    kind: ReadingKind
    register_digits: int = 0
    label_en: str = ""
    label_zh: str = ""

    def scale(self, value: Decimal) -> int:
        """The exact scaled integer of `value` (in `unit`); ValueError when it does not fit."""
        scaled = value.scaleb(self.decimals)
        whole = int(scaled)
        if scaled != whole:
            raise ValueError(f"{self.name} holds {self.decimals} decimals, {value} has more")
        return whole

    def unscale(self, scaled: int) -> Decimal:
        """The value in `unit` of a stored integer."""
        return Decimal(scaled).scaleb(-self.decimals)

    def text(self, scaled: int) -> str:
        """Decimal text with at least `shown_decimals`, and every further digit that is not zero."""
        sign = "-" if scaled < 0 else ""
        digits = str(abs(scaled)).rjust(self.decimals + 1, "0")
        whole, fraction = digits[: len(digits) - self.decimals], digits[len(digits) - self.decimals :]
        fraction = fraction.rstrip("0").ljust(self.shown_decimals, "0")
        return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"

    @property
    def modulus(self) -> int:
        """Scaled value at which the register rolls over to zero; 0 when it is no register."""
        return int(10 ** (self.register_digits + self.decimals)) if self.register_digits else 0


class ReadingTypeTable:
    """All reading types of the site, found by name, OBIS code, data identifier or id."""

    def __init__(self, rows: Iterable[ReadingType]) -> None:
        self.rows = tuple(rows)
        self._by_id = _unique(self.rows, "id")
        self._by_name = _unique(self.rows, "name")
        self._by_obis = _unique(self.rows, "obis")
        self._by_data_identifier = _unique(self.rows, "data_identifier")

    def by_id(self, type_id: int) -> ReadingType:
        """The row with this stable number."""
        return _found(self._by_id, type_id)

    def by_name(self, name: str) -> ReadingType:
        """The row with this snake-case name."""
        return _found(self._by_name, name)

    def of_data_identifier(self, di: str) -> ReadingType | None:
        """The row of a DL/T 645-2007 data identifier in written order, or None."""
        return self._by_data_identifier.get(di.upper())

    def find(self, item: str) -> ReadingType:
        """The row that `item` names: a name, an OBIS code or a data identifier."""
        for index in (self._by_name, self._by_obis, self._by_data_identifier):
            row = index.get(item) or index.get(item.upper())
            if row is not None:
                return row
        raise UnknownReadingType(f"{item!r} is no reading type, OBIS code or data identifier of this site")


def read_table(text: str, file: str) -> ReadingTypeTable:
    """The table of a CSV text; ConfigError names file, line and column."""
    rows = []
    for line, cells in enumerate(csv.DictReader(text.splitlines()), start=2):
        try:
            rows.append(_row(cells))
        except (KeyError, ValueError, TypeError) as error:
            raise ConfigError(f"not a reading type: {error}", file=file, line=line) from error
    return ReadingTypeTable(rows)


def _row(cells: Mapping[str, str]) -> ReadingType:
    if cells["obis"] and not OBIS_CODE.match(cells["obis"]):
        raise ValueError(f"{cells['obis']!r} is no OBIS code")
    if len(cells["cim"].split(".")) != 18:
        raise ValueError(f"{cells['cim']!r} does not have the 18 fields of IEC 61968-9")
    if cells["unit"] not in UNIT_CODE:
        raise ValueError(f"{cells['unit']!r} is no unit of this project")
    return ReadingType(
        id=int(cells["id"]),
        name=cells["name"],
        obis=cells["obis"],
        cim=cells["cim"],
        data_identifier=cells["data_identifier"],
        unit=cells["unit"],
        decimals=int(cells["decimals"]),
        shown_decimals=int(cells["shown_decimals"]),
        kind=ReadingKind(cells["kind"]),
        register_digits=int(cells["register_digits"] or 0),
        label_en=cells["label_en"],
        label_zh=cells["label_zh"],
    )


def _unique(rows: tuple[ReadingType, ...], column: str) -> dict[object, ReadingType]:
    index: dict[object, ReadingType] = {}
    for row in rows:
        key = getattr(row, column)
        if key == "":
            continue
        if key in index:
            raise ConfigError(f"two reading types share {column} {key!r}", key=row.name)
        index[key] = row
    return index


def _found(index: Mapping[object, ReadingType], key: object) -> ReadingType:
    row = index.get(key)
    if row is None:
        raise UnknownReadingType(f"no reading type {key!r}")
    return row
