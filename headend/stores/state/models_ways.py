"""The tables of the ways to meters, and of what people read. A file is kept as it came; nothing of it changes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from headend.stores.state.models import LineRow, Model

UNENDED = text("valid_to IS NULL")


class MeterWayRow(Model):
    """One more way to a meter; of those without an end a meter has one for each rank."""

    __tablename__ = "meter_way"
    __table_args__ = (
        Index("unended_way", "installation_id", "rank", unique=True, sqlite_where=UNENDED, postgresql_where=UNENDED),
        Index("way_by_address", "line_id", "server_address"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("meter_installation.id"))
    rank: Mapped[int]
    protocol: Mapped[str]
    profile: Mapped[str]
    server_address: Mapped[str]
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    added_by: Mapped[str]
    line: Mapped[LineRow] = relationship(lazy="joined", innerjoin=True)


class WayChoiceRow(Model):
    """Which way to a meter is used; no row while it is its own line as from the first day."""

    __tablename__ = "way_choice"

    installation_id: Mapped[int] = mapped_column(ForeignKey("meter_installation.id"), primary_key=True)
    rank: Mapped[int]
    since: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(20))
    problem: Mapped[str] = mapped_column(Text)


class ReadingFileRow(Model):
    """A file of readings as it came."""

    __tablename__ = "reading_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    imported_by: Mapped[str]
    imported_at: Mapped[datetime]
    rows: Mapped[int]


class FieldReadingRow(Model):
    """A register that somebody read."""

    __tablename__ = "field_reading"
    __table_args__ = (UniqueConstraint("installation_id", "reading_type", "read_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("meter_installation.id"))
    reading_type: Mapped[str]
    read_at: Mapped[datetime]
    value: Mapped[Decimal]
    source: Mapped[str] = mapped_column(String(20))
    reader: Mapped[str]
    photo: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    is_date_doubted: Mapped[int]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("reading_file.id"))
    entered_by: Mapped[str]
    entered_at: Mapped[datetime | None]
