"""Grid topology with dates, parking, KPI figures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LINKED = sa.text("valid_to IS NULL")


def upgrade() -> None:
    """Forward only: a backup is the way back."""
    _nodes()
    _links("grid_link", "node_id", "grid_node.id", "parent_id")
    _links("supply_link", "usage_point_id", "usage_point.id", "node_id", _text("phase", 3))
    _parking()
    _kpi_days()
    _kpi_results()


def _number(name: str, *constraints: sa.ForeignKey) -> sa.Column[int]:
    return sa.Column(name, NUMBER, *constraints, nullable=False)


def _text(name: str, length: int = 255) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _instant(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _nodes() -> None:
    op.create_table(
        "grid_node",
        _number("id"),
        _text("kind"),
        _text("name"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "name"),
    )


def _links(table: str, child: str, child_key: str, parent: str, *columns: sa.Column[str]) -> None:
    op.create_table(
        table,
        _number("id"),
        _number(child, sa.ForeignKey(child_key)),
        _number(parent, sa.ForeignKey("grid_node.id")),
        *columns,
        _instant("valid_from"),
        _instant("valid_to", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(f"open_{table}", table, [child], unique=True, sqlite_where=LINKED, postgresql_where=LINKED)
    op.create_index(f"{table}_by_{parent.removesuffix('_id')}", table, [parent, "valid_from"])


def _parking() -> None:
    note: sa.Column[str] = sa.Column("note", sa.Text(), nullable=False)
    op.create_table(
        "parking",
        _number("id"),
        _number("installation_id", sa.ForeignKey("meter_installation.id")),
        _text("reason"),
        note,
        _text("parked_by"),
        _instant("since"),
        _instant("until", nullable=True),
        _instant("ended_at", nullable=True),
        _text("ended_by"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("parking_by_installation", "parking", ["installation_id", "since"])


def _kpi_days() -> None:
    evidence: sa.Column[bytes] = sa.Column("evidence", sa.LargeBinary(), nullable=False)
    op.create_table(
        "kpi_day",
        _number("id"),
        _text("kpi"),
        _number("version"),
        _text("digest", 64),
        _text("day", 10),
        _instant("computed_at"),
        _text("computed_by"),
        evidence,
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("kpi_day_by_day", "kpi_day", ["day", "kpi", "id"])


def _kpi_results() -> None:
    op.create_table(
        "kpi_result",
        _number("kpi_day_id", sa.ForeignKey("kpi_day.id")),
        _text("scope_kind"),
        _number("scope_id"),
        _text("scope_name"),
        _number("numerator"),
        _number("denominator"),
        _number("excluded"),
        sa.PrimaryKeyConstraint("kpi_day_id", "scope_kind", "scope_id"),
    )
