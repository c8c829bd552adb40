"""Reading routes, plans' special dates."""

from __future__ import annotations

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Forward only: a backup is the way back."""
