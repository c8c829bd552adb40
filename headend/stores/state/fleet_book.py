"""Port FleetBook: the whole fleet as columns, with what fed each meter when a day ended. One query, no objects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Row, Select, Subquery, case, func, or_, select
from sqlalchemy.orm import Session

from headend.domain.instants import to_us
from headend.domain.kpi import MetricDay, ScopeKind
from headend.domain.meter_days import FOR_EVER, FleetColumns
from headend.domain.metering import CUSTOMER_CLASSES, CustomerClass
from headend.domain.topology import NodeKind
from headend.stores.state.database import StateDatabase
from headend.stores.state.models import (
    GridLinkRow,
    GridNodeRow,
    LineRow,
    MeterInstallationRow,
    SupplyLinkRow,
    UsagePointRow,
)
from headend.stores.state.topology import holds

Place = MeterInstallationRow
MOMENT = timedelta(microseconds=1)
GONE = func.coalesce(Place.removed_at, Place.superseded_at)  # nothing is due of a meter that another one stands for


class SqlFleetBook:
    """The fleet as columns."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def fleet_on(self, day: MetricDay) -> FleetColumns:
        """Every installation that was not gone before the day, and where it stood when the day ended."""
        query = _fleet(day)
        return await self._database.read(lambda session: _columns(session.execute(query).all()))

    async def names(self, kind: ScopeKind) -> Mapping[int, str]:
        """The names of the scopes of this kind; the line's is its URL."""
        if kind is ScopeKind.UTILITY:
            return {0: ""}
        if kind is ScopeKind.CUSTOMER_CLASS:
            return {number: one.value for number, one in enumerate(CUSTOMER_CLASSES)}
        query = select(LineRow.id, LineRow.url)
        if kind is not ScopeKind.LINE:
            query = select(GridNodeRow.id, GridNodeRow.name).where(GridNodeRow.kind == kind.value)

        def read(session: Session) -> dict[int, str]:
            return {row[0]: row[1] for row in session.execute(query)}

        return await self._database.read(read)


def _fleet(day: MetricDay) -> Select[Any]:  # Any: SQLAlchemy types no row this wide
    at = day.end - MOMENT
    fed = _fed_by(at)
    return (
        select(Place.id, Place.installed_at, GONE.label("gone_at"), Place.line_id, UsagePointRow.customer_class)
        .add_columns(fed.c.substation, fed.c.feeder, fed.c.transformer)
        .join(UsagePointRow, Place.usage_point_id == UsagePointRow.id)
        .outerjoin(SupplyLinkRow, (SupplyLinkRow.usage_point_id == UsagePointRow.id) & holds(SupplyLinkRow, at))
        .outerjoin(fed, fed.c.node_id == SupplyLinkRow.node_id)
        .where(or_(GONE.is_(None), day.start < GONE))
        .order_by(Place.id)
    )


def _fed_by(at: datetime) -> Subquery:
    """For every node the substation, feeder and transformer on its way up, itself among them."""
    itself = select(GridNodeRow.id.label("node_id"), GridNodeRow.id.label("above_id"))
    up = itself.cte("up", recursive=True)
    step = select(up.c.node_id, GridLinkRow.parent_id).join(up, GridLinkRow.node_id == up.c.above_id)
    up = up.union(step.where(holds(GridLinkRow, at)))

    def nearest(kind: NodeKind) -> Any:  # Any: an aggregate without a declared type
        return func.max(case((GridNodeRow.kind == kind.value, GridNodeRow.id))).label(kind.value)

    kinds = [nearest(kind) for kind in (NodeKind.SUBSTATION, NodeKind.FEEDER, NodeKind.TRANSFORMER)]
    return (
        select(up.c.node_id, *kinds)
        .join(GridNodeRow, GridNodeRow.id == up.c.above_id)
        .group_by(up.c.node_id)
        .subquery()
    )


def _columns(rows: Any) -> FleetColumns:  # Any: see `_fleet`
    def cells(row: Row[Any]) -> tuple[int, ...]:
        number, installed, removed, line, customer_class, *nodes = tuple(row)
        gone = FOR_EVER if removed is None else to_us(removed)
        index = CUSTOMER_CLASSES.index(CustomerClass(customer_class))
        return (number, to_us(installed), int(gone), line, index, *(-1 if node is None else node for node in nodes))

    table = np.array([cells(row) for row in rows], np.int64).reshape(-1, 8)
    return FleetColumns(*table.T.copy())
