"""Shapes of billing batches."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from api.parameters import Instant
from headend.domain.billing import BillingBatch, BillingLine, BillingRefusal, EdgeReading, RefusalReason
from headend.domain.quality import ReadingQuality, unmask


class PeriodToClose(BaseModel):
    """A month of the site."""

    model_config = ConfigDict(extra="forbid")

    period: str = Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2026-10"])


class BatchAnswer(BaseModel):
    """A closed batch; `lines` and `refused` are counts, `sha256` is over all of it."""

    id: int
    period: str
    lines: int
    refused: int
    closed_at: Instant
    sha256: str
    start: Instant
    end: Instant


class EdgeAnswer(BaseModel):
    """The register at an edge of the period."""

    measured_at: Instant
    value: str
    qualities: list[ReadingQuality]
    source: str
    version: int


class LineAnswer(BaseModel):
    """One billed register: consumption = (end - start) x multiplier, exact decimal text."""

    usage_point: str
    serial_number: str
    installation: int
    reading_type: str
    unit: str
    start: EdgeAnswer
    end: EdgeAnswer
    multiplier: str
    consumption: str


class RefusalAnswer(BaseModel):
    """One register that was not billed, and why."""

    usage_point: str
    serial_number: str
    installation: int
    reading_type: str
    reason: RefusalReason
    detail: str


class BatchDetail(BatchAnswer):
    """A batch with everything in it, in its frozen order."""

    billed: list[LineAnswer]
    refusals: list[RefusalAnswer]


def batch_answer(batch: BillingBatch) -> BatchAnswer:
    """One batch."""
    return BatchAnswer.model_validate(_batch_fields(batch))


def batch_detail(batch: BillingBatch, lines: Sequence[BillingLine], refusals: Sequence[BillingRefusal]) -> BatchDetail:
    """One batch with its content."""
    return BatchDetail.model_validate(
        {**_batch_fields(batch), "billed": map(_line, lines), "refusals": map(_refusal, refusals)}
    )


def _batch_fields(batch: BillingBatch) -> dict[str, object]:
    return {
        "id": batch.id,
        "period": batch.period,
        "lines": batch.line_count,
        "refused": batch.refusal_count,
        "closed_at": batch.closed_at,
        "sha256": batch.sha256,
        "start": batch.start,
        "end": batch.end,
    }


def _line(line: BillingLine) -> LineAnswer:
    return LineAnswer(
        usage_point=line.usage_point,
        serial_number=line.serial_number,
        installation=line.installation_id,
        reading_type=line.reading_type,
        unit=line.unit,
        start=_edge(line.start),
        end=_edge(line.end),
        multiplier=f"{line.multiplier:f}",
        consumption=f"{line.consumption:f}",
    )


def _edge(edge: EdgeReading) -> EdgeAnswer:
    return EdgeAnswer(
        measured_at=edge.measured_at,
        value=f"{edge.value:f}",
        qualities=list(unmask(edge.quality)),
        source=edge.source,
        version=edge.version,
    )


def _refusal(refusal: BillingRefusal) -> RefusalAnswer:
    return RefusalAnswer(
        usage_point=refusal.usage_point,
        serial_number=refusal.serial_number,
        installation=refusal.installation_id,
        reading_type=refusal.reading_type,
        reason=refusal.reason,
        detail=refusal.detail,
    )
