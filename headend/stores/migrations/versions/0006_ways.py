"""The ways that lead to one meter, imported and entered readings."""

from __future__ import annotations

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Forward only: a backup is the way back."""
