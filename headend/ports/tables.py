"""Tables written as files, and readings of everybody by slot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from headend.domain.export_table import ExportTable
from headend.domain.readings import Ints


class TableWriter(Protocol):
    """Turns a table into the bytes of one format; the same table gives the same bytes."""

    media_type: str
    suffix: str

    def render(self, table: ExportTable) -> bytes:
        """The whole file."""
        ...


@dataclass(frozen=True, slots=True)
class SlotReadings:
    """The earliest reading of each slot that holds one, newest version: by installation and slot."""

    installation: Ints
    slot: Ints
    measured_at: Ints
    value: Ints
    quality: Ints
    source: Ints


class IntervalSource(Protocol):
    """A reading store that can tell a channel of everybody at once."""

    async def slot_readings(self, type_id: int, first: int, end: int) -> SlotReadings:
        """The readings of the slots [first, end), slots counted from 1970."""
        ...
