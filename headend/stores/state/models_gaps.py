"""The tables of the gap ledger. Slots are quarters of an hour since 1970 UTC, instants microseconds."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from headend.stores.state.models import Model


class GapRunRow(Model):
    """An open run of missing slots, first to last (both in). It is replaced when it changes, never updated."""

    __tablename__ = "gap_run"
    __table_args__ = (
        Index("gap_run_by_slot", "reading_type", "last_slot"),
        Index("gap_run_by_installation", "installation_id", "reading_type", "first_slot"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("meter_installation.id"))
    reading_type: Mapped[int]
    first_slot: Mapped[int]
    last_slot: Mapped[int]
    reason: Mapped[str]
    tries: Mapped[int]
    opened_at: Mapped[int]
    last_try: Mapped[int]
    next_try: Mapped[int]


class ClosedGapRow(Model):
    """A run that is missing no more: when, and by which source; added, never changed."""

    __tablename__ = "closed_gap"
    __table_args__ = (
        Index("closed_gap_by_installation", "installation_id", "closed_at"),
        Index("closed_gap_by_time", "closed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("meter_installation.id"))
    reading_type: Mapped[int]
    first_slot: Mapped[int]
    last_slot: Mapped[int]
    reason: Mapped[str]
    tries: Mapped[int]
    opened_at: Mapped[int]
    closed_at: Mapped[int]
    source: Mapped[str]
