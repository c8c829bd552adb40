"""States of meters, and drafts of work orders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STANDING = sa.text("closed_at IS NULL")
OPEN = sa.text("standing = 'open'")


def upgrade() -> None:
    """Forward only: a backup is the way back."""
    _drafts()
    _states()


def _number(name: str, *constraints: sa.ForeignKey) -> sa.Column[int]:
    return sa.Column(name, NUMBER, *constraints, nullable=False)


def _text(name: str, length: int = 255) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _long(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _drafts() -> None:
    op.create_table(
        "work_order_draft",
        _number("id"),
        _number("installation_id", sa.ForeignKey("meter_installation.id")),
        _text("kind", 32),
        _instant("since"),
        _long("evidence"),
        _long("action_en"),
        _long("action_zh"),
        _instant("made_at"),
        _text("standing", 16),
        _instant("decided_at", nullable=True),
        _text("decided_by"),
        _long("note"),
        sa.PrimaryKeyConstraint("id"),
    )
    one = ("open_draft", "work_order_draft", ["installation_id", "kind"])
    op.create_index(*one, unique=True, sqlite_where=OPEN, postgresql_where=OPEN)


def _states() -> None:
    op.create_table(
        "meter_state",
        _number("id"),
        _number("installation_id", sa.ForeignKey("meter_installation.id")),
        _text("kind", 32),
        _instant("since"),
        _long("evidence"),
        _number("terms_version"),
        _instant("opened_at"),
        _instant("closed_at", nullable=True),
        _long("closing_evidence"),
        _number("draft_id", sa.ForeignKey("work_order_draft.id")),
        sa.PrimaryKeyConstraint("id"),
    )
    one = ("standing_state", "meter_state", ["installation_id", "kind"])
    op.create_index(*one, unique=True, sqlite_where=STANDING, postgresql_where=STANDING)
    op.create_index("meter_state_by_installation", "meter_state", ["installation_id", "id"])
