"""Identity: what a meter says of itself, exchanges, meter states and work-order drafts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("removed_at IS NULL AND superseded_at IS NULL")
STANDING = sa.text("removed_at IS NULL AND superseded_at IS NULL AND state = 'confirmed'")
PLANNED = sa.text("done_at IS NULL")


def upgrade() -> None:
    """Forward only: a backup is the way back."""
    _installation_states()
    _heard_identities()
    _identity_cases()
    _planned_exchanges()


def _number(name: str, *constraints: sa.ForeignKey) -> sa.Column[int]:
    return sa.Column(name, NUMBER, *constraints, nullable=False)


def _text(name: str, length: int = 255, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _note() -> sa.Column[str]:
    return sa.Column("note", sa.Text(), nullable=False)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _frame() -> tuple[sa.Column[bytes], sa.Column[bytes]]:
    return (
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=False),
    )


def _installation_states() -> None:
    state: sa.Column[str] = sa.Column("state", sa.String(16), nullable=False, server_default="confirmed")
    op.add_column("meter_installation", state)
    op.add_column("meter_installation", _instant("superseded_at", nullable=True))
    for name, columns, where in (
        ("open_usage_point", ["usage_point_id"], OPEN),
        ("open_meter", ["meter_id"], STANDING),
        ("open_address", ["line_id", "server_address"], OPEN),
    ):
        op.drop_index(name, "meter_installation")
        op.create_index(name, "meter_installation", columns, unique=True, sqlite_where=where, postgresql_where=where)


def _heard_identities() -> None:
    op.create_table(
        "heard_identity",
        _number("meter_id", sa.ForeignKey("meter.id")),
        _text("identity"),
        _instant("learned_at"),
        _instant("confirmed_at"),
        *_frame(),
        sa.PrimaryKeyConstraint("meter_id"),
    )


def _identity_cases() -> None:
    op.create_table(
        "identity_case",
        _number("id"),
        _number("old_installation_id", sa.ForeignKey("meter_installation.id")),
        _number("new_installation_id", sa.ForeignKey("meter_installation.id")),
        _text("kind"),
        _text("identity"),
        _instant("opened_at"),
        *_frame(),
        _text("state", 16),
        _instant("closed_at", nullable=True),
        _text("closed_by"),
        _note(),
        _instant("exchanged_at", nullable=True),
        _text("last_register", 64, nullable=True),
        _text("first_register", 64, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("identity_case_by_old", "identity_case", ["old_installation_id"])
    op.create_index("identity_case_by_new", "identity_case", ["new_installation_id"])


def _planned_exchanges() -> None:
    op.create_table(
        "planned_exchange",
        _number("id"),
        _number("installation_id", sa.ForeignKey("meter_installation.id")),
        _text("serial_number"),
        _instant("expected_at"),
        _text("planned_by"),
        _instant("planned_at"),
        _text("last_register", 64, nullable=True),
        _text("first_register", 64, nullable=True),
        _note(),
        _instant("done_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    open_plan = ("open_plan", "planned_exchange", ["installation_id"])
    op.create_index(*open_plan, unique=True, sqlite_where=PLANNED, postgresql_where=PLANNED)
