"""Tables of identity: what meters were heard to tell, cases of another meter at a place, planned exchanges."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from headend.stores.state.models import Model

PLANNED = text("done_at IS NULL")


class HeardIdentityRow(Model):
    """What a meter tells when it is asked who it is; the frame is that of the first time."""

    __tablename__ = "heard_identity"

    meter_id: Mapped[int] = mapped_column(ForeignKey("meter.id"), primary_key=True)
    identity: Mapped[str]
    learned_at: Mapped[datetime]
    confirmed_at: Mapped[datetime]
    request: Mapped[bytes] = mapped_column(LargeBinary)
    reply: Mapped[bytes] = mapped_column(LargeBinary)


class IdentityCaseRow(Model):
    """Another meter at a place, and what a person made of it."""

    __tablename__ = "identity_case"
    __table_args__ = (
        Index("identity_case_by_old", "old_installation_id"),
        Index("identity_case_by_new", "new_installation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    old_installation_id: Mapped[int] = mapped_column(ForeignKey("meter_installation.id"))
    new_installation_id: Mapped[int] = mapped_column(ForeignKey("meter_installation.id"))
    kind: Mapped[str]
    identity: Mapped[str]
    opened_at: Mapped[datetime]
    request: Mapped[bytes] = mapped_column(LargeBinary)
    reply: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(16))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str]
    note: Mapped[str] = mapped_column(Text)
    exchanged_at: Mapped[datetime | None]
    last_register: Mapped[Decimal | None]
    first_register: Mapped[Decimal | None]


class PlannedExchangeRow(Model):
    """An exchange that is ahead; of the open ones an installation has one."""

    __tablename__ = "planned_exchange"
    __table_args__ = (
        Index("open_plan", "installation_id", unique=True, sqlite_where=PLANNED, postgresql_where=PLANNED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("meter_installation.id"))
    serial_number: Mapped[str]
    expected_at: Mapped[datetime]
    planned_by: Mapped[str]
    planned_at: Mapped[datetime]
    last_register: Mapped[Decimal | None]
    first_register: Mapped[Decimal | None]
    note: Mapped[str] = mapped_column(Text)
    done_at: Mapped[datetime | None]
