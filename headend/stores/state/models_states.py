"""Tables of meter states and of the work-order drafts that they open."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from headend.stores.state.models import Model

STANDING = text("closed_at IS NULL")


class MeterStateRow(Model):
    """What is wrong with a meter, from when to when; of the open ones a meter has one of each kind."""

    __tablename__ = "meter_state"
    __table_args__ = (
        Index(
            "standing_state",
            "installation_id",
            "kind",
            unique=True,
            sqlite_where=STANDING,
            postgresql_where=STANDING,
        ),
        Index("meter_state_by_time", "opened_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("meter_installation.id"))
    kind: Mapped[str] = mapped_column(String(32))
    since: Mapped[datetime]
    evidence: Mapped[str] = mapped_column(Text)
    terms_version: Mapped[int]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closing_evidence: Mapped[str] = mapped_column(Text)


class WorkOrderDraftRow(Model):
    """What a person should see to; decided once."""

    __tablename__ = "work_order_draft"
    __table_args__ = (Index("draft_of_state", "state_id", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    state_id: Mapped[int] = mapped_column(ForeignKey("meter_state.id"))
    standing: Mapped[str] = mapped_column(String(16))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str]
    note: Mapped[str] = mapped_column(Text)
