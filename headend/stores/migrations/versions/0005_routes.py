"""Reading routes, plans' special dates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    """Forward only: a backup is the way back."""
    _progress()
    _special_reads()
    _routes()
    _stops()
    op.create_table(
        "route_reader",
        _number("route_id", sa.ForeignKey("route.id")),
        _number("position"),
        _text("name"),
        sa.PrimaryKeyConstraint("route_id", "position"),
    )


def _number(name: str, *constraints: sa.ForeignKey) -> sa.Column[int]:
    return sa.Column(name, NUMBER, *constraints, nullable=False)


def _text(name: str, length: int = 255) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _day(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(10), nullable=True)


def _instant(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _metres(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Float(53), nullable=True)


def _progress() -> None:
    op.create_table("plan_progress", _text("plan"), _instant("slot"), sa.PrimaryKeyConstraint("plan"))


def _special_reads() -> None:
    note: sa.Column[str] = sa.Column("note", sa.Text(), nullable=False)
    outcome: sa.Column[str] = sa.Column("outcome", sa.Text(), nullable=False)
    op.create_table(
        "special_read",
        _number("id"),
        _text("usage_point"),
        _instant("due_at"),
        _text("reason"),
        _text("ordered_by"),
        _instant("ordered_at"),
        note,
        _text("instead_of_plan"),
        _day("instead_of_day"),
        _text("state", 20),
        _instant("ended_at", nullable=True),
        outcome,
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "open_special_read",
        "special_read",
        ["usage_point", "due_at"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index("special_read_by_date", "special_read", ["state", "due_at"])


def _routes() -> None:
    op.create_table(
        "route",
        _number("id"),
        _text("name"),
        _text("kind", 20),
        _text("line_url"),
        _text("responsible"),
        _text("window_start", 5),
        _text("window_end", 5),
        _day("valid_from"),
        _day("valid_to"),
        _number("version"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )


def _stops() -> None:
    op.create_table(
        "route_stop",
        _number("route_id", sa.ForeignKey("route.id")),
        _number("position"),
        _text("name"),
        _metres("x_m"),
        _metres("y_m"),
        sa.Column("minutes", sa.Float(53), nullable=False),
        _text("reader"),
        _number("rate"),
        sa.PrimaryKeyConstraint("route_id", "position"),
    )
