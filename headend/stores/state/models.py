"""The tables of the state store. No type or clause that only one database knows.

Billing tables are append-only; the migration that makes them adds the triggers that refuse anything else.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from headend.stores.state.columns import ExactDecimal, Instant

# Versions outgrow 32 bits; SQLite numbers rows by itself only under the very name INTEGER.
Number = BigInteger().with_variant(Integer(), "sqlite")
OPEN = text("removed_at IS NULL")


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

    Of the open ones a usage point, a meter and an address on a line have one each.
    """

    __tablename__ = "meter_installation"
    __table_args__ = (
        Index("open_usage_point", "usage_point_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("open_meter", "meter_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
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
    usage_point: Mapped[UsagePointRow] = relationship(lazy="joined", innerjoin=True)
    meter: Mapped[MeterRow] = relationship(lazy="joined", innerjoin=True)
    line: Mapped[LineRow] = relationship(lazy="joined", innerjoin=True)


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
