"""The state database as it closes; what it promises while it is open is in tests/contract/test_state_database.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

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


async def test_closing_finishes_what_was_begun(databases: list[StateDatabase]) -> None:
    directory = SqlUserDirectory(databases[0])
    begun = [asyncio.create_task(directory.add_user(User(f"user {n}", Role.VIEWER, "hash"))) for n in range(9)]
    await asyncio.sleep(0)
    await databases[0].close()
    await asyncio.gather(*begun)
    assert await SqlUserDirectory(databases[1]).count_users() == 9
    with pytest.raises(StoreUnavailable, match="not open"):
        await directory.count_users()
