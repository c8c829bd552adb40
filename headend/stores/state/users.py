"""Port UserDirectory: people and their sessions. Keeps hashes only, of passwords and of tokens."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as SqlSession

from headend.domain.errors import Conflict
from headend.domain.users import Role, Session, User
from headend.stores.state.database import StateDatabase
from headend.stores.state.models import SessionRow, UserRow


class SqlUserDirectory:
    """People who may come in, and their sessions."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def user_named(self, name: str) -> User | None:
        """The user with this name."""

        def find(session: SqlSession) -> User | None:
            row = session.scalar(select(UserRow).where(UserRow.name == name))
            return None if row is None else _user(row)

        return await self._database.read(find)

    async def add_user(self, user: User) -> User:
        """Add a user; Conflict when the name is taken."""

        def add(session: SqlSession) -> User:
            if session.scalar(select(UserRow.id).where(UserRow.name == user.name)) is not None:
                raise Conflict(f"there is a user {user.name} already")
            row = UserRow(name=user.name, role=user.role.value, password_hash=user.password_hash)
            session.add(row)
            session.flush()
            return replace(user, id=row.id)

        return await self._database.write(add)

    async def count_users(self) -> int:
        """How many users there are."""
        query = select(func.count()).select_from(UserRow)
        return await self._database.read(lambda session: session.scalar(query) or 0)

    async def open_session(self, session: Session) -> None:
        """Keep a session under the hash of its token."""
        row = SessionRow(
            token_hash=session.token_hash,
            user_id=session.user_id,
            opened_at=session.opened_at,
            expires_at=session.expires_at,
        )
        await self._database.write(lambda open_session: open_session.add(row))

    async def session(self, token_hash: str) -> tuple[Session, User] | None:
        """The session with this token hash and its user, expired or not."""

        def find(session: SqlSession) -> tuple[Session, User] | None:
            row = session.get(SessionRow, token_hash)
            if row is None:
                return None
            return Session(row.token_hash, row.user_id, row.opened_at, row.expires_at), _user(row.user)

        return await self._database.read(find)

    async def close_session(self, token_hash: str) -> None:
        """Forget a session."""
        forget = delete(SessionRow).where(SessionRow.token_hash == token_hash)
        await self._database.write(lambda session: session.execute(forget))


def _user(row: UserRow) -> User:
    return User(row.name, Role(row.role), row.password_hash, row.id)
