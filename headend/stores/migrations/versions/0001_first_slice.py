"""Registry, billing ledger, events, users."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from headend.stores.migrations.append_only import freeze_billing

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("removed_at IS NULL")


def upgrade() -> None:
    """Forward only: a backup is the way back."""
    _registry()
    _installations()
    _billing_batches()
    _billing_lines()
    _events()
    _users()
    freeze_billing()


def _number(name: str, *constraints: sa.ForeignKey, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, NUMBER, *constraints, nullable=nullable)


def _text(name: str, length: int = 255) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _instant(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _decimal(name: str) -> sa.Column[str]:
    return _text(name, 64)


def _registry() -> None:
    op.create_table("line", _number("id"), _text("url"), sa.PrimaryKeyConstraint("id"), sa.UniqueConstraint("url"))
    op.create_table(
        "meter",
        _number("id"),
        _text("serial_number"),
        _text("protocol"),
        _text("profile"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("serial_number"),
    )
    op.create_table(
        "usage_point",
        _number("id"),
        _text("name"),
        _text("customer_class"),
        _decimal("capacity_kva"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )


def _installations() -> None:
    op.create_table(
        "meter_installation",
        _number("id"),
        _number("usage_point_id", sa.ForeignKey("usage_point.id")),
        _number("meter_id", sa.ForeignKey("meter.id")),
        _number("line_id", sa.ForeignKey("line.id")),
        _text("server_address"),
        _instant("installed_at"),
        _instant("removed_at", nullable=True),
        _decimal("multiplier"),
        sa.PrimaryKeyConstraint("id"),
    )
    for name, columns in (
        ("open_usage_point", ["usage_point_id"]),
        ("open_meter", ["meter_id"]),
        ("open_address", ["line_id", "server_address"]),
    ):
        op.create_index(name, "meter_installation", columns, unique=True, sqlite_where=OPEN, postgresql_where=OPEN)


def _billing_batches() -> None:
    op.create_table(
        "billing_batch",
        _number("id"),
        _text("period"),
        _instant("start_at"),
        _instant("end_at"),
        _instant("closed_at"),
        _number("line_count"),
        _number("refusal_count"),
        _text("sha256", 64),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("period"),
    )


def _billed(*columns: sa.Column[int] | sa.Column[str]) -> list[sa.schema.SchemaItem]:
    return [
        _number("batch_id", sa.ForeignKey("billing_batch.id")),
        _number("position"),
        _text("usage_point"),
        _text("serial_number"),
        _number("installation_id"),
        _text("reading_type"),
        *columns,
        sa.PrimaryKeyConstraint("batch_id", "position"),
    ]


def _edge(name: str) -> list[sa.Column[int] | sa.Column[str]]:
    return [
        _instant(f"{name}_measured_at"),
        _decimal(f"{name}_value"),
        _number(f"{name}_quality"),
        _text(f"{name}_source"),
        _number(f"{name}_version"),
    ]


def _billing_lines() -> None:
    sums = (_decimal("multiplier"), _decimal("consumption"))
    op.create_table("billing_line", *_billed(_text("unit"), *_edge("start"), *_edge("end"), *sums))
    detail: sa.Column[str] = sa.Column("detail", sa.Text(), nullable=False)
    op.create_table("billing_refusal", *_billed(_text("reason"), detail))


def _events() -> None:
    op.create_table(
        "event",
        _number("id"),
        _text("kind"),
        _instant("occurred_at"),
        sa.Column("detail", sa.Text(), nullable=False),
        _number("installation_id", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("event_by_time", "event", ["occurred_at", "id"])
    op.create_index("event_by_installation", "event", ["installation_id", "occurred_at", "id"])


def _users() -> None:
    op.create_table(
        "user_account",
        _number("id"),
        _text("name"),
        _text("role"),
        _text("password_hash"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "user_session",
        _text("token_hash"),
        _number("user_id", sa.ForeignKey("user_account.id")),
        _instant("opened_at"),
        _instant("expires_at"),
        sa.PrimaryKeyConstraint("token_hash"),
    )
