"""The ways that lead to one meter, imported and entered readings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNENDED = sa.text("valid_to IS NULL")


def upgrade() -> None:
    """Forward only: a backup is the way back."""
    _ways()
    _choices()
    _files()
    _field_readings()


def _number(name: str, *constraints: sa.ForeignKey, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, NUMBER, *constraints, nullable=nullable)


def _word(name: str, length: int = 255) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _instant(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _ways() -> None:
    op.create_table(
        "meter_way",
        _number("id"),
        _number("installation_id", sa.ForeignKey("meter_installation.id")),
        _number("rank"),
        _word("protocol"),
        _word("profile"),
        _word("server_address"),
        _number("line_id", sa.ForeignKey("line.id")),
        _instant("valid_from"),
        _instant("valid_to", nullable=True),
        _word("added_by"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "unended_way",
        "meter_way",
        ["installation_id", "rank"],
        unique=True,
        sqlite_where=UNENDED,
        postgresql_where=UNENDED,
    )
    op.create_index("way_by_address", "meter_way", ["line_id", "server_address"])


def _choices() -> None:
    op.create_table(
        "way_choice",
        _number("installation_id", sa.ForeignKey("meter_installation.id")),
        _number("rank"),
        _instant("since", nullable=True),
        _word("reason", 20),
        _text("problem"),
        sa.PrimaryKeyConstraint("installation_id"),
    )


def _files() -> None:
    op.create_table(
        "reading_file",
        _number("id"),
        _word("sha256", 64),
        _word("name"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _word("imported_by"),
        _instant("imported_at"),
        _number("rows"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sha256"),
    )


def _field_readings() -> None:
    op.create_table(
        "field_reading",
        _number("id"),
        _number("installation_id", sa.ForeignKey("meter_installation.id")),
        _word("reading_type"),
        _instant("read_at"),
        _word("value", 64),
        _word("source", 20),
        _word("reader"),
        _text("photo"),
        _text("note"),
        _text("reason"),
        _number("is_date_doubted"),
        _number("import_id", sa.ForeignKey("reading_file.id"), nullable=True),
        _word("entered_by"),
        _instant("entered_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("installation_id", "reading_type", "read_at"),
    )
