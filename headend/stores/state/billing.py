"""Port BillingLedger: closed batches. Writes each once, in one transaction; nothing here changes one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from headend.domain.billing import (
    BillingBatch,
    BillingLine,
    BillingPeriod,
    BillingRefusal,
    EdgeReading,
    RefusalReason,
    digest,
)
from headend.domain.errors import Conflict, UnknownBillingBatch
from headend.stores.state.database import StateDatabase
from headend.stores.state.models import BillingBatchRow, BillingLineRow, BillingRefusalRow


class SqlBillingLedger:
    """Closed billing batches; triggers in the database refuse every later change."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def close(
        self,
        period: BillingPeriod,
        closed_at: datetime,
        lines: Sequence[BillingLine],
        refusals: Sequence[BillingRefusal],
    ) -> BillingBatch:
        """Freeze a batch; Conflict when the period is closed already."""
        row = BillingBatchRow(
            period=period.name,
            start_at=period.start,
            end_at=period.end,
            closed_at=closed_at,
            line_count=len(lines),
            refusal_count=len(refusals),
            sha256=digest(period, lines, refusals),
        )

        def freeze(session: Session) -> BillingBatch:
            closed = session.scalar(select(BillingBatchRow.id).where(BillingBatchRow.period == period.name))
            if closed is not None:
                raise Conflict(f"billing period {period.name} is closed already, in batch {closed}")
            session.add(row)
            session.flush()
            if lines:
                session.execute(insert(BillingLineRow), _numbered(row.id, map(_line_columns, lines)))
            if refusals:
                session.execute(insert(BillingRefusalRow), _numbered(row.id, map(_refusal_columns, refusals)))
            return _batch(row)

        return await self._database.write(freeze)

    async def batches(self) -> Sequence[BillingBatch]:
        """All batches, newest first."""
        query = select(BillingBatchRow).order_by(BillingBatchRow.id.desc())
        return await self._database.read(lambda session: [_batch(row) for row in session.scalars(query)])

    async def batch(self, batch_id: int) -> BillingBatch:
        """One batch; UnknownBillingBatch if there is none."""
        return await self._database.read(lambda session: _batch(_found(session, batch_id)))

    async def lines(self, batch_id: int) -> Sequence[BillingLine]:
        """The lines of a batch in their frozen order."""
        query = select(BillingLineRow).where(BillingLineRow.batch_id == batch_id).order_by(BillingLineRow.position)

        def read(session: Session) -> list[BillingLine]:
            _found(session, batch_id)
            return [_line(row) for row in session.scalars(query)]

        return await self._database.read(read)

    async def refusals(self, batch_id: int) -> Sequence[BillingRefusal]:
        """The refusals of a batch in their frozen order."""
        query = select(BillingRefusalRow).where(BillingRefusalRow.batch_id == batch_id)

        def read(session: Session) -> list[BillingRefusal]:
            _found(session, batch_id)
            return [_refusal(row) for row in session.scalars(query.order_by(BillingRefusalRow.position))]

        return await self._database.read(read)


Columns = dict[str, Any]  # Any: one row of mixed column types, as SQLAlchemy's bulk insert takes it


def _numbered(batch_id: int, rows: Iterable[Columns]) -> list[Columns]:
    return [{"batch_id": batch_id, "position": position, **row} for position, row in enumerate(rows)]


def _line_columns(line: BillingLine) -> Columns:
    return {
        "usage_point": line.usage_point,
        "serial_number": line.serial_number,
        "installation_id": line.installation_id,
        "reading_type": line.reading_type,
        "unit": line.unit,
        **_edge_columns("start", line.start),
        **_edge_columns("end", line.end),
        "multiplier": line.multiplier,
        "consumption": line.consumption,
    }


def _edge_columns(name: str, edge: EdgeReading) -> Columns:
    return {
        f"{name}_measured_at": edge.measured_at,
        f"{name}_value": edge.value,
        f"{name}_quality": edge.quality,
        f"{name}_source": edge.source,
        f"{name}_version": edge.version,
    }


def _refusal_columns(refusal: BillingRefusal) -> Columns:
    return {
        "usage_point": refusal.usage_point,
        "serial_number": refusal.serial_number,
        "installation_id": refusal.installation_id,
        "reading_type": refusal.reading_type,
        "reason": refusal.reason.value,
        "detail": refusal.detail,
    }


def _found(session: Session, batch_id: int) -> BillingBatchRow:
    row = session.get(BillingBatchRow, batch_id)
    if row is None:
        raise UnknownBillingBatch(f"no billing batch {batch_id}")
    return row


def _batch(row: BillingBatchRow) -> BillingBatch:
    return BillingBatch(
        id=row.id,
        period=row.period,
        start=row.start_at,
        end=row.end_at,
        closed_at=row.closed_at,
        line_count=row.line_count,
        refusal_count=row.refusal_count,
        sha256=row.sha256,
    )


def _line(row: BillingLineRow) -> BillingLine:
    start = EdgeReading(row.start_measured_at, row.start_value, row.start_quality, row.start_source, row.start_version)
    end = EdgeReading(row.end_measured_at, row.end_value, row.end_quality, row.end_source, row.end_version)
    return BillingLine(
        usage_point=row.usage_point,
        serial_number=row.serial_number,
        installation_id=row.installation_id,
        reading_type=row.reading_type,
        unit=row.unit,
        start=start,
        end=end,
        multiplier=row.multiplier,
        consumption=row.consumption,
    )


def _refusal(row: BillingRefusalRow) -> BillingRefusal:
    return BillingRefusal(
        usage_point=row.usage_point,
        serial_number=row.serial_number,
        installation_id=row.installation_id,
        reading_type=row.reading_type,
        reason=RefusalReason(row.reason),
        detail=row.detail,
    )
