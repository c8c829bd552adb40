"""Who is there: sign in with a password, be known by a session token, sign out. Keeps only hashes."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from headend.domain.errors import NotAuthorised, NotPermitted
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.users import Permission, Role, Session, User
from headend.ports import Clock, EventLog, Passwords, Random, UserDirectory

SESSION_LIFE = timedelta(hours=12)
FIRST_ADMINISTRATOR = "admin"
LOCAL_USER = "local"
NO_PASSWORD = "!"  # noqa: S105  # no hash at all: nothing verifies against it


class SignIn:
    """Sessions of people. Every failure sounds the same and takes the same time."""

    def __init__(
        self, users: UserDirectory, passwords: Passwords, *, random: Random, clock: Clock, events: EventLog
    ) -> None:
        self._users, self._passwords = users, passwords
        self._random, self._clock, self._events = random, clock, events

    async def create_first_administrator(self) -> str | None:
        """The random password of the user `admin`, made when there is nobody yet; None otherwise."""
        if await self._users.count_users():
            return None
        password = self._random.token(12)
        await self._users.add_user(User(FIRST_ADMINISTRATOR, Role.ADMIN, await self._passwords.hash(password)))
        return password

    async def open_local_session(self) -> str:
        """A token for commands on this machine, of a user that no password opens."""
        user = await self._users.user_named(LOCAL_USER)
        if user is None:
            user = await self._users.add_user(User(LOCAL_USER, Role.ADMIN, NO_PASSWORD))
        return (await self._open(user))[0]

    async def sign_in(self, name: str, password: str) -> tuple[str, Session]:
        """A fresh token and its session; NotAuthorised when name or password is wrong."""
        user = await self._users.user_named(name)
        is_right = await self._passwords.verify(user.password_hash if user else None, password)
        if user is None or not is_right:
            raise NotAuthorised("name or password is wrong")
        token, session = await self._open(user)
        await self._events.record(EndDeviceEvent(EventKind.SIGNED_IN, session.opened_at, user.name))
        return token, session

    async def user_of(self, token: str) -> User:
        """Whose token this is; NotAuthorised when it is unknown or has expired."""
        found = await self._users.session(token_hash(token))
        if found is None or found[0].expires_at <= self._clock.now():
            raise NotAuthorised("sign in first")
        return found[1]

    async def permitted(self, token: str, permission: Permission) -> User:
        """The user of the token if the role grants the permission; NotAuthorised, NotPermitted."""
        user = await self.user_of(token)
        if not user.may(permission):
            raise NotPermitted(f"the role {user.role} may not {permission.replace('_', ' ')}")
        return user

    async def _open(self, user: User) -> tuple[str, Session]:
        token, now = self._random.token(32), self._clock.now()
        session = Session(token_hash(token), user.id, now, now + SESSION_LIFE)
        await self._users.open_session(session)
        return token, session

    async def sign_out(self, token: str) -> None:
        """End the session; harmless when there is none."""
        await self._users.close_session(token_hash(token))


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
