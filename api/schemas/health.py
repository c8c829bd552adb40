"""Shape of the answer about health."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from api.parameters import Instant


class HealthDetails(BaseModel):
    """What is wrong; only for those who have signed in. `loop_lag_p99_s`: null right after a start."""

    now: Instant
    is_spooling: bool
    problems: list[str]
    loop_lag_p99_s: float | None


class HealthAnswer(BaseModel):
    """Whether the head-end is well."""

    status: Literal["ok", "degraded"]
    details: HealthDetails | None = None
