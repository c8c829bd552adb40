"""Shapes of signing in."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from api.parameters import Instant
from headend.domain.users import Role


class Credentials(BaseModel):
    """Who wants to come in."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    password: str = Field(min_length=1, max_length=1000)


class SessionAnswer(BaseModel):
    """An open session; `token` goes into `Authorization: Bearer`."""

    token: str
    user: str
    role: Role
    expires_at: Instant
