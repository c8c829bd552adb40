"""What is closed stays closed, also for somebody with the database in his hands."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from headend.stores.state import SqlBillingLedger, StateDatabase, migrate
from tests.contract.crash.subjects import ROWS, bill, period

LINE = "SELECT batch_id, {position}, usage_point, serial_number, installation_id, reading_type"


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database with one closed batch, opened behind the head-end's back."""
    path = tmp_path / "state.sqlite"
    url = f"sqlite:///{path}"
    migrate(url)

    async def close() -> None:
        database = StateDatabase(url)
        await database.open()
        await SqlBillingLedger(database).close(period(1), period(1).end, *bill(1))
        await database.close()

    asyncio.run(close())
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA foreign_keys=on")
    yield connection
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_batch SET sha256 = 'x'",
        "UPDATE billing_line SET consumption = '0' WHERE position = 0",
        "UPDATE billing_refusal SET detail = ''",
        "DELETE FROM billing_line WHERE position = 3",
        "DELETE FROM billing_refusal",
        "DELETE FROM billing_batch",
        "REPLACE INTO billing_line SELECT * FROM billing_line WHERE position = 2",
        "REPLACE INTO billing_refusal SELECT * FROM billing_refusal WHERE position = 2",
        "REPLACE INTO billing_batch SELECT * FROM billing_batch",
        f"INSERT INTO billing_refusal {LINE.format(position=ROWS)}, reason, detail FROM billing_refusal LIMIT 1",
        f"INSERT INTO billing_refusal {LINE.format(position=-1)}, reason, detail FROM billing_refusal LIMIT 1",
    ],
)
def test_no_statement_changes_a_closed_batch(closed: sqlite3.Connection, statement: str) -> None:
    before = list(closed.iterdump())
    with pytest.raises(sqlite3.IntegrityError, match="never changes"):
        closed.execute(statement)
    closed.rollback()
    assert list(closed.iterdump()) == before


def test_without_the_triggers_the_same_statement_would_work(closed: sqlite3.Connection) -> None:
    closed.execute("DROP TRIGGER billing_line_never_updated")
    assert closed.execute("UPDATE billing_line SET consumption = '0' WHERE position = 0").rowcount == 1
