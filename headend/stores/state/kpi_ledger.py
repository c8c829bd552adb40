"""Port KpiLedger: computed figures and their evidence. Adds computations; changes and deletes none."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date

import numpy as np
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from headend.domain.errors import UnknownKpi
from headend.domain.kpi import KpiDay, KpiEvidence, KpiFigure, KpiPoint, ScopeKind
from headend.stores.state.columns import by_code_point
from headend.stores.state.database import StateDatabase
from headend.stores.state.models import KpiDayRow, KpiResultRow

COLUMNS = len(fields(KpiEvidence))
PACKED = np.dtype("<i8")


class SqlKpiLedger:
    """Computed figures."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def keep(self, computed: KpiDay, figures: Sequence[KpiFigure], evidence: KpiEvidence) -> KpiDay:
        """Keep one computation, whole; it is in force from now on."""
        row = KpiDayRow(
            kpi=computed.kpi,
            version=computed.version,
            digest=computed.digest,
            day=computed.day.isoformat(),
            computed_at=computed.computed_at,
            computed_by=computed.computed_by,
            evidence=packed(evidence),
        )

        def add(session: Session) -> KpiDay:
            session.add(row)
            session.flush()
            if figures:
                session.execute(insert(KpiResultRow), [_columns(row.id, figure) for figure in figures])
            return replace(computed, id=row.id)

        return await self._database.write(add)

    async def computations(self, kpi: str, day: date) -> Sequence[KpiDay]:
        """All computations of a KPI for a day, the one in force first."""
        query = select(KpiDayRow).where(KpiDayRow.kpi == kpi, KpiDayRow.day == day.isoformat())
        query = query.order_by(KpiDayRow.id.desc())
        return await self._database.read(lambda session: [_computed(row) for row in session.scalars(query)])

    async def points(self, start: date, end: date, kind: ScopeKind) -> Sequence[KpiPoint]:
        """The figures in force of the days start to end (both in) for the scopes of a kind, by KPI, day and name."""
        days = KpiDayRow.day.between(start.isoformat(), end.isoformat())
        in_force = select(func.max(KpiDayRow.id)).where(days).group_by(KpiDayRow.kpi, KpiDayRow.day)
        query = (
            select(KpiDayRow, KpiResultRow)
            .join(KpiResultRow, KpiResultRow.kpi_day_id == KpiDayRow.id)
            .where(KpiDayRow.id.in_(in_force), KpiResultRow.scope_kind == kind.value)
            .order_by(by_code_point(KpiDayRow.kpi), KpiDayRow.day)
            .order_by(by_code_point(KpiResultRow.scope_name), KpiResultRow.scope_id)
        )

        def read(session: Session) -> list[KpiPoint]:
            return [KpiPoint(_computed(computed), _figure(result)) for computed, result in session.execute(query)]

        return await self._database.read(read)

    async def evidence(self, computed_id: int) -> KpiEvidence:
        """What each meter put into a computation."""
        query = select(KpiDayRow.evidence).where(KpiDayRow.id == computed_id)
        content = await self._database.read(lambda session: session.scalar(query))
        if content is None:
            raise UnknownKpi(f"no computation {computed_id}")
        return unpacked(content)

    async def digest_of(self, kpi: str, version: int) -> str | None:
        """The digest that the first figures of this version remember; None when there are none."""
        query = select(KpiDayRow.digest).where(KpiDayRow.kpi == kpi, KpiDayRow.version == version)
        query = query.order_by(KpiDayRow.id).limit(1)
        return await self._database.read(lambda session: session.scalar(query))


def packed(evidence: KpiEvidence) -> bytes:
    """The columns one after the other as little-endian 64-bit integers, compressed: two bytes a meter."""
    return zlib.compress(np.stack(evidence.columns()).astype(PACKED).tobytes(), 6)


def unpacked(content: bytes) -> KpiEvidence:
    """See `packed`."""
    table = np.frombuffer(zlib.decompress(content), PACKED).astype(np.int64).reshape(COLUMNS, -1)
    return KpiEvidence(*table)


def _columns(computed_id: int, figure: KpiFigure) -> dict[str, int | str]:
    return {
        "kpi_day_id": computed_id,
        "scope_kind": figure.scope_kind.value,
        "scope_id": figure.scope_id,
        "scope_name": figure.scope_name,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "excluded": figure.excluded,
    }


def _computed(row: KpiDayRow) -> KpiDay:
    day = date.fromisoformat(row.day)
    return KpiDay(row.kpi, row.version, row.digest, day, row.computed_at, row.computed_by, row.id)


def _figure(row: KpiResultRow) -> KpiFigure:
    kind = ScopeKind(row.scope_kind)
    return KpiFigure(kind, row.scope_id, row.scope_name, row.numerator, row.denominator, row.excluded)
