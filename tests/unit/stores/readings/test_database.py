"""Files that the reading store must refuse, and with which words."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from headend.domain.errors import ConfigError, StoreUnavailable
from headend.stores.readings import DuckDbReadingStore
from tests.fakes.batches import Row, batch, shipped_types

pytestmark = pytest.mark.asyncio
HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
LIVE = """
import asyncio, os, pathlib, sys
from headend.stores.readings import DuckDbReadingStore
from tests.fakes.batches import Row, batch, shipped_types
async def live():
    store = DuckDbReadingStore(pathlib.Path(sys.argv[1]), shipped_types())
    await store.open()
    for slot in range(40):
        await store.append(batch(Row(slot, slot)))
    os._exit(0)  # as a crash: the log is not folded in
asyncio.run(live())
"""


def store_at(path: Path) -> DuckDbReadingStore:
    return DuckDbReadingStore(path, shipped_types())


@pytest.fixture
def crashed(tmp_path: Path) -> Path:
    """A store whose forty readings are in its log alone."""
    path = tmp_path / "readings.duckdb"
    subprocess.run([sys.executable, "-c", LIVE, str(path)], check=True)
    return path


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """A store file and the process that holds it."""
    path, pipe = tmp_path / "readings.duckdb", subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield path, holder
        holder.kill()


async def test_a_file_that_another_process_holds_is_refused_by_name(
    held: tuple[Path, subprocess.Popen[bytes]],
) -> None:
    path, holder = held
    with pytest.raises(StoreUnavailable, match=r"readings\.duckdb is held by another process; ask the running"):
        await store_at(path).open()
    holder.kill()
    await asyncio.to_thread(holder.wait)
    store = store_at(path)
    await store.open()
    await store.close()


async def test_a_crashed_store_opens_with_its_log(crashed: Path) -> None:
    store = store_at(crashed)
    await store.open()
    assert (await store.previous(batch(Row(999)))).value.tolist() == [39]
    assert [r.scaled for r in await store.latest(1)] == [39]
    await store.close()


async def test_a_damaged_log_is_named_and_not_tried_again_and_again(crashed: Path) -> None:
    log = crashed.with_name("readings.duckdb.wal")
    data = bytearray(log.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 64] = b"\xaa" * 64
    log.write_bytes(data)
    with pytest.raises(StoreUnavailable, match=r"its log readings\.duckdb\.wal is damaged.*move it away"):
        await store_at(crashed).open()
    log.rename(log.with_suffix(".kept"))
    store = store_at(crashed)
    await store.open()
    await store.close()


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    store = store_at(tmp_path / "readings.duckdb")
    await store.open()
    await store.close()
    with duckdb.connect(str(tmp_path / "readings.duckdb")) as connection:
        connection.execute("update store_fact set value = 2 where name = 'schema_version'")
    with pytest.raises(ConfigError, match=r"readings\.duckdb has schema 2, this program knows 1 \(start the newer"):
        await store_at(tmp_path / "readings.duckdb").open()


async def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table reading (id int)")
    with pytest.raises(ConfigError, match="no reading store"):
        await store_at(path).open()


@pytest.mark.parametrize("content", [b"this is no database", b"\x00" * 8_192])
async def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "readings.duckdb"
    path.write_bytes(content)
    with pytest.raises(StoreUnavailable):
        await store_at(path).open()
    assert path.read_bytes() == content


async def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot serve"):
        await store_at(tmp_path / "nowhere" / "readings.duckdb").open()


async def test_closing_twice_or_before_opening_does_nothing(tmp_path: Path) -> None:
    store = store_at(tmp_path / "readings.duckdb")
    await store.close()
    await store.open()
    await store.close()
    await store.close()
