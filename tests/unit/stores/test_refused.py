"""Refused readings: kept once, with their reason, and fit to be offered again through the spool."""

from __future__ import annotations

from pathlib import Path

import pytest

from headend.domain.errors import StoreUnavailable
from headend.stores.refused import RefusedFolder
from headend.stores.spool import Spool
from tests.fakes.batches import Row, batch

pytestmark = pytest.mark.asyncio
ROWS = batch(Row(0, 7), Row(1, 8))


class Heard(list[str]):
    """What was announced."""

    async def hear(self, detail: str) -> None:
        self.append(detail)


async def test_readings_and_reason_are_kept_and_told_once(tmp_path: Path) -> None:
    heard = Heard()
    folder = RefusedFolder(tmp_path / "refused", 1 << 20, heard.hear)
    await folder.keep(ROWS, "422: too old")
    await folder.keep(ROWS, "422: too old")
    names = sorted(path.suffix for path in folder.folder.iterdir())
    assert names == [".spool", ".txt"]
    assert [path.read_text() for path in folder.folder.glob("*.reason.txt")] == ["422: too old\n"]
    assert len(heard) == 1 and "2 readings kept in" in heard[0] and "422: too old" in heard[0]


async def test_a_kept_file_is_a_segment_of_the_spool(tmp_path: Path) -> None:
    folder = RefusedFolder(tmp_path / "refused", 1 << 20, Heard().hear)
    await folder.keep(ROWS, "why")
    (tmp_path / "spool").mkdir()
    [kept] = folder.folder.glob("*.spool")
    kept.rename(tmp_path / "spool" / f"{1:020d}.spool")
    spool = Spool(tmp_path / "spool")
    assert spool.open() == 0
    [(sequence, rows)] = spool.replay()
    assert (sequence, rows.value.tolist()) == (1, [7, 8])


async def test_a_full_folder_takes_nothing_more(tmp_path: Path) -> None:
    heard = Heard()
    folder = RefusedFolder(tmp_path / "refused", 100, heard.hear)
    with pytest.raises(StoreUnavailable, match="fill"):
        await folder.keep(ROWS, "why")
    assert heard == [] and list(folder.folder.iterdir()) == []


async def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "refused").write_text("a file")
    with pytest.raises(StoreUnavailable, match="cannot be kept"):
        await RefusedFolder(tmp_path / "refused", 100, Heard().hear).keep(ROWS, "why")
