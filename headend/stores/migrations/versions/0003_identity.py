"""Identity: what a meter says of itself, exchanges, meter states and work-order drafts."""

from __future__ import annotations

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Forward only: a backup is the way back."""
