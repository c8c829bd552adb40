"""People and their sessions."""

from __future__ import annotations

from typing import Protocol

from headend.domain.users import Session, User


class UserDirectory(Protocol):
    """People who may come in, and their sessions."""

    async def user_named(self, name: str) -> User | None:
        """The user with this name."""
        ...

    async def add_user(self, user: User) -> User:
        """Add a user; Conflict when the name is taken."""
        ...

    async def count_users(self) -> int:
        """How many users there are."""
        ...

    async def open_session(self, session: Session) -> None:
        """Keep a session under the hash of its token."""
        ...

    async def session(self, token_hash: str) -> tuple[Session, User] | None:
        """The session with this token hash and its user, expired or not."""
        ...

    async def close_session(self, token_hash: str) -> None:
        """Forget a session."""
        ...
