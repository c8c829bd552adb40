"""People who may come in: names, roles, sessions. Knows no password algorithm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a person may do. The switching roles come with the switching issue."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    BILLING = "billing"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing that a route asks for."""

    VIEW = "view"
    READ_NOW = "read_now"
    CLOSE_BILLING = "close_billing"
    MANAGE_METERS = "manage_meters"
    COMPUTE_KPI = "compute_kpi"
    DECIDE_DRAFTS = "decide_drafts"
    MANAGE_USERS = "manage_users"


GRANTS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.VIEW}),
    Role.OPERATOR: frozenset(
        {
            Permission.VIEW,
            Permission.READ_NOW,
            Permission.MANAGE_METERS,
            Permission.COMPUTE_KPI,
            Permission.DECIDE_DRAFTS,
        }
    ),
    Role.BILLING: frozenset({Permission.VIEW, Permission.CLOSE_BILLING}),
    Role.ADMIN: frozenset(Permission),
}


@dataclass(frozen=True, slots=True)
class User:
    """A person: `password_hash` is never shown nor logged."""

    name: str
    role: Role
    password_hash: str
    id: int = 0

    def may(self, permission: Permission) -> bool:
        """The role grants it."""
        return permission in GRANTS[self.role]


@dataclass(frozen=True, slots=True)
class Session:
    """An open way in: only the SHA-256 of its token is kept. Instants are aware UTC."""

    token_hash: str
    user_id: int
    opened_at: datetime
    expires_at: datetime
