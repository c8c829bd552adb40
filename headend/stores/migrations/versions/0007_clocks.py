"""Clocks of meters: what is known of each, its jumps, and orders to set it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BROADCAST = sa.text("remedy = 'broadcast'")


def upgrade() -> None:
    """Forward only: a backup is the way back."""
    _clocks()
    _orders()


def _number(name: str, *constraints: sa.ForeignKey, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, NUMBER, *constraints, nullable=nullable)


def _text(name: str, length: int = 255) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _long(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _installation() -> sa.Column[int]:
    return _number("installation_id", sa.ForeignKey("meter_installation.id"))


def _clocks() -> None:
    op.create_table(
        "clock_state",
        _installation(),
        _instant("at"),
        _number("offset_s"),
        _instant("since"),
        _number("first_offset_s"),
        sa.PrimaryKeyConstraint("installation_id"),
    )
    op.create_table(
        "clock_jump",
        _number("id"),
        _installation(),
        _instant("last_good"),
        _instant("seen_at"),
        _number("before_s"),
        _number("after_s"),
        _text("cause", 16),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("clock_jump_by_installation", "clock_jump", ["installation_id", "seen_at"])


def _orders() -> None:
    op.create_table(
        "clock_order",
        _number("id"),
        _installation(),
        _number("line_id", sa.ForeignKey("line.id")),
        _text("remedy", 16),
        _text("ordered_by"),
        _instant("ordered_at"),
        _text("day", 10),
        _number("before_s"),
        _text("outcome", 16),
        _number("after_s", nullable=True),
        _long("reason"),
        _instant("closed_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("clock_order_by_installation", "clock_order", ["installation_id", "id"])
    one = ("one_broadcast_a_day", "clock_order", ["line_id", "day"])
    op.create_index(*one, unique=True, sqlite_where=BROADCAST, postgresql_where=BROADCAST)
