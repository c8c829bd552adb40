"""The gap ledger: what is due and not there, why, and when it is tried again."""

from __future__ import annotations

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Forward only: a backup is the way back."""
