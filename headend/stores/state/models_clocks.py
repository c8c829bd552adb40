"""Tables of clocks: what is known of each, its jumps, and orders to set it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from headend.stores.state.models import Model

BROADCAST = text("remedy = 'broadcast'")


class ClockStateRow(Model):
    """The newest offset of a meter's clock in seconds, and the first since it last jumped."""

    __tablename__ = "clock_state"

    installation_id: Mapped[int] = mapped_column(ForeignKey("meter_installation.id"), primary_key=True)
    at: Mapped[datetime]
    offset_s: Mapped[int]
    since: Mapped[datetime]
    first_offset_s: Mapped[int]


class ClockJumpRow(Model):
    """A jump; added, never changed."""

    __tablename__ = "clock_jump"
    __table_args__ = (Index("clock_jump_by_installation", "installation_id", "seen_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("meter_installation.id"))
    last_good: Mapped[datetime]
    seen_at: Mapped[datetime]
    before_s: Mapped[int]
    after_s: Mapped[int]
    cause: Mapped[str] = mapped_column(String(16))


class ClockOrderRow(Model):
    """An order to set a clock, written before its frame was sent; a line has one broadcast a day."""

    __tablename__ = "clock_order"
    __table_args__ = (
        Index("clock_order_by_installation", "installation_id", "id"),
        Index(
            "one_broadcast_a_day",
            "line_id",
            "day",
            unique=True,
            sqlite_where=BROADCAST,
            postgresql_where=BROADCAST,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("meter_installation.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    remedy: Mapped[str] = mapped_column(String(16))
    ordered_by: Mapped[str]
    ordered_at: Mapped[datetime]
    day: Mapped[str] = mapped_column(String(10))
    before_s: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(16))
    after_s: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text)
    closed_at: Mapped[datetime | None]
