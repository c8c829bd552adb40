"""Which meters of the fleet somebody asked for: the one filter and the one paging of API and console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headend.queries.fleet import FleetOverview, MeterRow, MeterState


@dataclass(frozen=True, slots=True)
class FleetPage:
    """Rows `skip` to `skip + len(rows)` of `total` that match."""

    rows: Sequence[MeterRow]
    total: int
    skip: int


def fleet_page(overview: FleetOverview, q: str, state: MeterState | None, skip: int, limit: int) -> FleetPage:
    """Rows whose texts hold every word of `q`, in the overview's order: silent ones first."""
    words = q.casefold().split()
    found = [row for row in overview.rows if state in (None, row.state) and _matches(row, words)]
    return FleetPage(found[skip : skip + limit], len(found), skip)


def _matches(row: MeterRow, words: Sequence[str]) -> bool:
    if not words:
        return True
    installation = row.installation
    meter = installation.meter
    text = " ".join((installation.usage_point.name, meter.serial_number, meter.server_address, meter.protocol))
    return all(word in text.casefold() for word in words)
