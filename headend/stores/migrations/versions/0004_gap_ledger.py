"""The gap ledger: what is due and not there, why, and when it is tried again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SLOTS = ("reading_type", "first_slot", "last_slot")


def upgrade() -> None:
    """Forward only: a backup is the way back."""
    _runs("gap_run", "tries", "opened_at", "last_try", "next_try")
    op.create_index("gap_run_by_slot", "gap_run", ["reading_type", "last_slot"])
    op.create_index("gap_run_by_installation", "gap_run", ["installation_id", "reading_type", "first_slot"])
    _runs("closed_gap", "tries", "opened_at", "closed_at", words=("reason", "source"))
    op.create_index("closed_gap_by_installation", "closed_gap", ["installation_id", "closed_at"])
    op.create_index("closed_gap_by_time", "closed_gap", ["closed_at"])


def _runs(table: str, *numbers: str, words: tuple[str, ...] = ("reason",)) -> None:
    op.create_table(
        table,
        _number("id"),
        sa.Column("installation_id", NUMBER, sa.ForeignKey("meter_installation.id"), nullable=False),
        *(_number(name) for name in (*SLOTS, *numbers)),
        *(_text(name) for name in words),
        sa.PrimaryKeyConstraint("id"),
    )


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, NUMBER, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(255), nullable=False)
