"""Billing batch as CSV: RFC 4180, UTF-8, one row a register, refusals behind the lines. No formula survives."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from headend.domain.billing import BillingBatch, BillingLine, BillingRefusal, EdgeReading
from headend.domain.instants import iso
from headend.domain.quality import unmask

COLUMNS = (
    "batch",
    "period",
    "sha256",
    "status",
    "usage_point",
    "serial_number",
    "reading_type",
    "unit",
    "start_at",
    "start_value",
    "start_quality",
    "start_source",
    "end_at",
    "end_value",
    "end_quality",
    "end_source",
    "multiplier",
    "consumption",
    "reason",
    "detail",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class CsvExporter:
    """Exporter of `--format csv`."""

    media_type = "text/csv; charset=utf-8"
    suffix = ".csv"

    def render(self, batch: BillingBatch, lines: Sequence[BillingLine], refusals: Sequence[BillingRefusal]) -> bytes:
        """The whole file."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        head = (batch.id, batch.period, batch.sha256)
        for line in lines:
            writer.writerow((*head, "billed", *_line_cells(line), "", ""))
        for refusal in refusals:
            who = (_inert(refusal.usage_point), _inert(refusal.serial_number), refusal.reading_type)
            writer.writerow((*head, "refused", *who, *[""] * 11, refusal.reason, _inert(refusal.detail)))
        return text.getvalue().encode()


def _line_cells(line: BillingLine) -> tuple[str, ...]:
    return (
        _inert(line.usage_point),
        _inert(line.serial_number),
        line.reading_type,
        line.unit,
        *_edge_cells(line.start),
        *_edge_cells(line.end),
        f"{line.multiplier:f}",
        f"{line.consumption:f}",
    )


def _edge_cells(edge: EdgeReading) -> tuple[str, ...]:
    return iso(edge.measured_at), f"{edge.value:f}", " ".join(unmask(edge.quality)), edge.source


def _inert(text: str) -> str:
    """Free text that a spreadsheet would run is quoted as text."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
