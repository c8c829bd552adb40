"""The tables of plans and routes: how far plans came, reads at dates of their own, routes with stops and readers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from headend.stores.state.models import Model

OPEN = text("state = 'open'")


class PlanProgressRow(Model):
    """The newest slot of a plan that needs nothing any more."""

    __tablename__ = "plan_progress"

    plan: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[datetime]


class SpecialReadRow(Model):
    """A read at a date of its own. No foreign key: an order outlives its usage point."""

    __tablename__ = "special_read"
    __table_args__ = (
        Index("open_special_read", "usage_point", "due_at", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("special_read_by_date", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    usage_point: Mapped[str]
    due_at: Mapped[datetime]
    reason: Mapped[str]
    ordered_by: Mapped[str]
    ordered_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text)
    instead_of_plan: Mapped[str]
    instead_of_day: Mapped[str | None] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(20))
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(Text)


class RouteStopRow(Model):
    """A stop at its position."""

    __tablename__ = "route_stop"

    route_id: Mapped[int] = mapped_column(ForeignKey("route.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    x_m: Mapped[float | None] = mapped_column(Float(53))
    y_m: Mapped[float | None] = mapped_column(Float(53))
    minutes: Mapped[float] = mapped_column(Float(53))
    reader: Mapped[str]
    rate: Mapped[int]


class RouteReaderRow(Model):
    """Somebody who walks."""

    __tablename__ = "route_reader"

    route_id: Mapped[int] = mapped_column(ForeignKey("route.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class RouteRow(Model):
    """A route; stops and readers go with it."""

    __tablename__ = "route"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    line_url: Mapped[str]
    responsible: Mapped[str]
    window_start: Mapped[str] = mapped_column(String(5))
    window_end: Mapped[str] = mapped_column(String(5))
    valid_from: Mapped[str | None] = mapped_column(String(10))
    valid_to: Mapped[str | None] = mapped_column(String(10))
    version: Mapped[int]
    stops: Mapped[list[RouteStopRow]] = relationship(
        order_by=RouteStopRow.position, cascade="all, delete-orphan", lazy="selectin"
    )
    readers: Mapped[list[RouteReaderRow]] = relationship(
        order_by=RouteReaderRow.position, cascade="all, delete-orphan", lazy="selectin"
    )
