"""Tables of meter states and of the work-order drafts that they make."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from headend.stores.state.models import Model

STANDING = text("closed_at IS NULL")
OPEN = text("standing = 'open'")


class WorkOrderDraftRow(Model):
    """What a person should see to; of the open ones a meter has one of each kind."""

    __tablename__ = "work_order_draft"
    __table_args__ = (
        Index("open_draft", "installation_id", "kind", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("meter_installation.id"))
    kind: Mapped[str] = mapped_column(String(32))
    since: Mapped[datetime]
    evidence: Mapped[str] = mapped_column(Text)
    action_en: Mapped[str] = mapped_column(Text)
    action_zh: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    standing: Mapped[str] = mapped_column(String(16))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str]
    note: Mapped[str] = mapped_column(Text)


class MeterStateRow(Model):
    """What is wrong with a meter, from when to when; of the standing ones a meter has one of each kind."""

    __tablename__ = "meter_state"
    __table_args__ = (
        Index(
            "standing_state", "installation_id", "kind", unique=True, sqlite_where=STANDING, postgresql_where=STANDING
        ),
        Index("meter_state_by_installation", "installation_id", "id"),
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
    draft_id: Mapped[int] = mapped_column(ForeignKey("work_order_draft.id"))
