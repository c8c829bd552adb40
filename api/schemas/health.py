"""Shape of the answer about health."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from api.parameters import Instant


class HealthDetails(BaseModel):
    """What is wrong; only for those who have signed in."""

    now: Instant
    is_spooling: bool
    problems: list[str]


class HealthAnswer(BaseModel):
    """Whether the head-end is well."""

    status: Literal["ok", "degraded"]
    details: HealthDetails | None = None
