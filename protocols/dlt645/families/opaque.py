"""Identifiers that are known by name while their data is not: kept as hex, high byte first, and never taken apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from protocols.dlt645.data_item import DataItem
from protocols.dlt645.formats import Quantity, Value
from protocols.errors import LocalProtocolError

_EVENT_BLOCKS: Final[Mapping[str, str]] = {
    "10": "voltage_loss",
    "11": "under_voltage",
    "12": "over_voltage",
    "13": "phase_missing",
    "14": "all_phases_lost",
    "15": "auxiliary_supply_lost",
    "16": "voltage_sequence_reversed",
    "17": "current_sequence_reversed",
    "18": "current_loss",
    "19": "over_current",
    "1A": "current_cut",
    "1B": "reverse_flow",
    "1C": "overload",
    "1D": "trip",
    "1E": "close",
    "1F": "power_factor_low",
}
_RECORDS: Final[Mapping[str, str]] = {
    "033005": "period_tables_set_record",
    "033600": "relay_failure_record",
    "033700": "supply_abnormal_record",
}
_LAST_RECORD: Final = 10
_REPORT_STATUS: Final = "04001501"


@dataclass(frozen=True, slots=True)
class OpaqueItem(DataItem):
    """Any number of bytes as one text."""

    def decode(self, payload: bytes) -> tuple[Value, ...]:
        return (Value(self.name, self.di, None, payload[::-1].hex().upper(), ""),)

    def encode(self, quantities: Sequence[Quantity]) -> bytes:
        try:
            (text,) = quantities
            return bytes.fromhex(str(text))[::-1]
        except ValueError as error:
            raise LocalProtocolError(f"{self.di} {self.name} takes one text of hex digits") from error


def find_opaque(di: str) -> OpaqueItem | None:
    name = _name(di)
    return None if name is None else OpaqueItem(di, name, (), {})


def _name(di: str) -> str | None:
    if di.startswith("07"):
        return "security_data"
    if di == _REPORT_STATUS:
        return "report_status_word"
    if di[:6] in _RECORDS and 1 <= int(di[6:], 16) <= _LAST_RECORD:
        return f"{_RECORDS[di[:6]]}_{int(di[6:], 16)}"
    event = _EVENT_BLOCKS.get(di[:2])
    return f"{event}_block" if event and di[4:6] == "FF" else None
