"""The tables of the state store. No type or clause that only one database knows.

Billing tables are append-only; the migration that makes them adds the triggers that refuse anything else.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from headend.stores.state.columns import ExactDecimal, Instant

# Versions outgrow 32 bits; SQLite numbers rows by itself only under the very name INTEGER.
Number = BigInteger().with_variant(Integer(), "sqlite")
OPEN = text("removed_at IS NULL AND superseded_at IS NULL")
STANDING = text("removed_at IS NULL AND superseded_at IS NULL AND state = 'confirmed'")
LINKED = text("valid_to IS NULL")


class Model(DeclarativeBase):
    """All tables of the state store."""

    type_annotation_map = {datetime: Instant, Decimal: ExactDecimal, str: String(255), int: Number}


class LineRow(Model):
    """A way to meters."""

    __tablename__ = "line"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(unique=True)


class MeterRow(Model):
    """A physical meter."""

    __tablename__ = "meter"

    id: Mapped[int] = mapped_column(primary_key=True)
    serial_number: Mapped[str] = mapped_column(unique=True)
    protocol: Mapped[str]
    profile: Mapped[str]


class UsagePointRow(Model):
    """Where billing happens."""

    __tablename__ = "usage_point"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    customer_class: Mapped[str]
    capacity_kva: Mapped[Decimal]


class MeterInstallationRow(Model):
    """A meter at a usage point. Line and address belong to the place: the next meter there may answer to them.

    Of the open ones a usage point and an address on a line have one each, and a meter one that people stand behind.
    """

    __tablename__ = "meter_installation"
    __table_args__ = (
        Index("open_usage_point", "usage_point_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("open_meter", "meter_id", unique=True, sqlite_where=STANDING, postgresql_where=STANDING),
        Index("open_address", "line_id", "server_address", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    usage_point_id: Mapped[int] = mapped_column(ForeignKey("usage_point.id"))
    meter_id: Mapped[int] = mapped_column(ForeignKey("meter.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    server_address: Mapped[str]
    installed_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    multiplier: Mapped[Decimal]
    state: Mapped[str] = mapped_column(String(16), default="confirmed", server_default="confirmed")
    superseded_at: Mapped[datetime | None]
    usage_point: Mapped[UsagePointRow] = relationship(lazy="joined", innerjoin=True)
    meter: Mapped[MeterRow] = relationship(lazy="joined", innerjoin=True)
    line: Mapped[LineRow] = relationship(lazy="joined", innerjoin=True)


class GridNodeRow(Model):
    """A substation, feeder, transformer or meter box."""

    __tablename__ = "grid_node"
    __table_args__ = (UniqueConstraint("kind", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]


class GridLinkRow(Model):
    """A node is fed by another from one instant to another; of the open links a node has one."""

    __tablename__ = "grid_link"
    __table_args__ = (
        Index("open_grid_link", "node_id", unique=True, sqlite_where=LINKED, postgresql_where=LINKED),
        Index("grid_link_by_parent", "parent_id", "valid_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("grid_node.id"))
    parent_id: Mapped[int] = mapped_column(ForeignKey("grid_node.id"))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class SupplyLinkRow(Model):
    """A usage point is fed by a node from one instant to another; of the open links a usage point has one."""

    __tablename__ = "supply_link"
    __table_args__ = (
        Index("open_supply_link", "usage_point_id", unique=True, sqlite_where=LINKED, postgresql_where=LINKED),
        Index("supply_link_by_node", "node_id", "valid_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    usage_point_id: Mapped[int] = mapped_column(ForeignKey("usage_point.id"))
    node_id: Mapped[int] = mapped_column(ForeignKey("grid_node.id"))
    phase: Mapped[str] = mapped_column(String(3))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class ParkingRow(Model):
    """A stay of a meter in which nothing is expected of it."""

    __tablename__ = "parking"
    __table_args__ = (Index("parking_by_installation", "installation_id", "since"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("meter_installation.id"))
    reason: Mapped[str]
    note: Mapped[str] = mapped_column(Text)
    parked_by: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str]


class KpiDayRow(Model):
    """One computation of a KPI for a day, with what each meter put in: packed columns, see kpi_evidence.py."""

    __tablename__ = "kpi_day"
    __table_args__ = (Index("kpi_day_by_day", "day", "kpi", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kpi: Mapped[str]
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    day: Mapped[str] = mapped_column(String(10))
    computed_at: Mapped[datetime]
    computed_by: Mapped[str]
    evidence: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class KpiResultRow(Model):
    """The figure of one scope in one computation."""

    __tablename__ = "kpi_result"

    kpi_day_id: Mapped[int] = mapped_column(ForeignKey("kpi_day.id"), primary_key=True)
    scope_kind: Mapped[str] = mapped_column(primary_key=True)
    scope_id: Mapped[int] = mapped_column(primary_key=True)
    scope_name: Mapped[str]
    numerator: Mapped[int]
    denominator: Mapped[int]
    excluded: Mapped[int]


class BillingBatchRow(Model):
    """What one closing froze."""

    __tablename__ = "billing_batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(unique=True)
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    closed_at: Mapped[datetime]
    line_count: Mapped[int]
    refusal_count: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))


class BillingLineRow(Model):
    """One billed register, with copies of everything that the bill stands on."""

    __tablename__ = "billing_line"

    batch_id: Mapped[int] = mapped_column(ForeignKey("billing_batch.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    usage_point: Mapped[str]
    serial_number: Mapped[str]
    installation_id: Mapped[int]
    reading_type: Mapped[str]
    unit: Mapped[str]
    start_measured_at: Mapped[datetime]
    start_value: Mapped[Decimal]
    start_quality: Mapped[int]
    start_source: Mapped[str]
    start_version: Mapped[int]
    end_measured_at: Mapped[datetime]
    end_value: Mapped[Decimal]
    end_quality: Mapped[int]
    end_source: Mapped[str]
    end_version: Mapped[int]
    multiplier: Mapped[Decimal]
    consumption: Mapped[Decimal]


class BillingRefusalRow(Model):
    """One register that was not billed."""

    __tablename__ = "billing_refusal"

    batch_id: Mapped[int] = mapped_column(ForeignKey("billing_batch.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    usage_point: Mapped[str]
    serial_number: Mapped[str]
    installation_id: Mapped[int]
    reading_type: Mapped[str]
    reason: Mapped[str]
    detail: Mapped[str] = mapped_column(Text)


class EventRow(Model):
    """Something that happened. No foreign key: an event is never refused."""

    __tablename__ = "event"
    __table_args__ = (
        Index("event_by_time", "occurred_at", "id"),
        Index("event_by_installation", "installation_id", "occurred_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    occurred_at: Mapped[datetime]
    detail: Mapped[str] = mapped_column(Text)
    installation_id: Mapped[int | None]


class UserRow(Model):
    """A person who may come in."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    password_hash: Mapped[str]


class SessionRow(Model):
    """An open way in, under the hash of its token."""

    __tablename__ = "user_session"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    user: Mapped[UserRow] = relationship(lazy="joined", innerjoin=True)
