"""The state database under two writers, and with errors in the middle of work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.orm import Session

from headend.domain.errors import StoreUnavailable
from headend.domain.users import Role, User
from headend.stores.state import SqlUserDirectory, StateDatabase, migrate

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def databases(tmp_path: Path) -> AsyncIterator[list[StateDatabase]]:
    """Two openings of one file, as by the server and a command line."""
    url = f"sqlite:///{tmp_path / 'state.sqlite'}"
    migrate(url)
    databases = [StateDatabase(url), StateDatabase(url)]
    for database in databases:
        await database.open()
    yield databases
    for database in databases:
        await database.close()


async def test_two_that_read_and_then_write_take_turns(databases: list[StateDatabase]) -> None:
    directories = [SqlUserDirectory(database) for database in databases]
    users = [User(f"user {n}", Role.VIEWER, "hash") for n in range(60)]
    await asyncio.gather(*(directories[n % 2].add_user(user) for n, user in enumerate(users)))
    assert await directories[0].count_users() == 60


async def test_work_that_fails_half_way_leaves_nothing(databases: list[StateDatabase]) -> None:
    def work(session: Session) -> None:
        session.execute(text("INSERT INTO line (url) VALUES ('tcp://x:1')"))
        session.execute(text("INSERT INTO nowhere VALUES (1)"))

    with pytest.raises(StoreUnavailable, match="headend migrate"):
        await databases[0].write(work)
    assert await databases[1].read(lambda s: s.execute(text("SELECT count(*) FROM line")).scalar()) == 0


async def test_readers_cannot_write(databases: list[StateDatabase]) -> None:
    with pytest.raises(StoreUnavailable, match="readonly"):
        await databases[0].read(lambda s: s.execute(text("INSERT INTO line (url) VALUES ('tcp://x:1')")))


async def test_closing_finishes_what_was_begun(databases: list[StateDatabase]) -> None:
    directory = SqlUserDirectory(databases[0])
    begun = [asyncio.create_task(directory.add_user(User(f"user {n}", Role.VIEWER, "hash"))) for n in range(9)]
    await asyncio.sleep(0)
    await databases[0].close()
    await asyncio.gather(*begun)
    assert await SqlUserDirectory(databases[1]).count_users() == 9
    with pytest.raises(StoreUnavailable, match="not open"):
        await directory.count_users()
