"""The spool alone: exact bytes back, torn ends, damage, rotation, bounds, forgetting."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from headend.domain.errors import StoreUnavailable
from headend.domain.readings import RawFrame, ReadingBatch
from headend.stores.spool import Spool, SpoolFull, SpoolSettings
from headend.stores.spool.record import encoded, record_at
from tests.fakes.batches import Row, batch

FRAMES = (RawFrame(b"", b"\x00"), RawFrame(b"\xfe\x68", b"reply"))
BATCHES = [
    batch(Row(0, 2**62, frame=FRAMES[1]), Row(1, -1), Row(2, 3, frame=FRAMES[0])),
    batch(Row(3, 4)),
    batch(),
]


def opened(folder: Path, settings: SpoolSettings | None = None) -> Spool:
    spool = Spool(folder, settings)
    assert spool.open() == 0
    return spool


def same(left: ReadingBatch, right: ReadingBatch) -> bool:
    columns = zip(left.columns(), right.columns(), strict=True)
    return left.frames == right.frames and all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in columns)


def slots(spool: Spool) -> list[int]:
    return [int(rows.value[0]) for _, rows in spool.replay()]


@pytest.mark.parametrize("rows", BATCHES, ids=["frames", "no frames", "empty"])
def test_a_batch_comes_back_exactly(tmp_path: Path, rows: ReadingBatch) -> None:
    spool = opened(tmp_path)
    spool.append(rows)
    [(sequence, found)] = opened(tmp_path).replay()
    assert sequence == 1
    assert same(found, rows)


def test_every_cut_of_the_last_record_leaves_the_ones_before(tmp_path: Path) -> None:
    spool = opened(tmp_path / "whole")
    spool.append(batch(Row(0, 1)))
    kept = spool.size_bytes
    spool.append(batch(Row(1, 2)))
    [segment] = (tmp_path / "whole").iterdir()
    data = segment.read_bytes()
    for length in range(kept, len(data), 7):
        folder = tmp_path / "cut"
        folder.mkdir()
        (folder / segment.name).write_bytes(data[:length])
        torn = Spool(folder)
        assert torn.open() == length - kept
        assert (folder / segment.name).stat().st_size == kept
        assert torn.append(batch(Row(9, 9))) == 2
        assert slots(opened(folder)) == [1, 9]
        shutil.rmtree(folder)


def test_no_flipped_bit_is_taken_for_a_record() -> None:
    data = encoded(7, batch(Row(0, 1, frame=FRAMES[1])))
    whole = record_at(memoryview(data), 0)
    assert whole is not None and whole.sequence == 7
    for bit in range(0, len(data) * 8, 3):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        assert record_at(memoryview(flipped), 0) is None


def test_torn_bytes_that_could_not_be_cut_are_written_over(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append(batch(Row(0, 1)))
    [segment] = tmp_path.iterdir()
    with segment.open("ab") as file:
        file.write(b"\xff" * 9_999)
    spool.append(batch(Row(1, 2)))
    assert slots(spool) == [1, 2]
    assert slots(Spool(tmp_path)) == []
    again = Spool(tmp_path)
    assert again.open() > 0
    assert slots(again) == [1, 2]


def test_a_tail_of_zeros_is_no_record(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append(batch(Row(0, 1)))
    [segment] = tmp_path.iterdir()
    segment.write_bytes(segment.read_bytes() + bytes(4_096))
    again = Spool(tmp_path)
    assert again.open() == 4_096
    assert slots(again) == [1]


def test_damage_in_one_segment_costs_no_other(tmp_path: Path) -> None:
    settings = SpoolSettings(segment_bytes=1)
    spool = opened(tmp_path, settings)
    for value in range(5):
        spool.append(batch(Row(value, value)))
    damaged = sorted(tmp_path.iterdir())[2]
    damaged.write_bytes(damaged.read_bytes().replace(b"installation", b"installatiom", 1))
    again = Spool(tmp_path, settings)
    assert again.open() > 0
    assert slots(again) == [0, 1, 3, 4]
    assert again.append(batch(Row(5, 5))) == 6


def test_segments_end_at_their_size_and_go_when_all_in_them_is_forgotten(tmp_path: Path) -> None:
    one = len(encoded(1, batch(Row(0, 0))))
    spool = opened(tmp_path, SpoolSettings(segment_bytes=3 * one))
    for value in range(8):
        spool.append(batch(Row(value, value)))
    names = [path.name for path in sorted(tmp_path.iterdir())]
    assert names == [f"{first:020d}.spool" for first in (1, 4, 7)]
    spool.forget(5)
    assert [path.name for path in sorted(tmp_path.iterdir())] == names[1:]
    assert slots(spool) == [5, 6, 7]
    assert slots(opened(tmp_path)) == [3, 4, 5, 6, 7]
    spool.forget(8)
    assert spool.is_empty
    assert not list(tmp_path.iterdir())


def test_sequences_never_go_back_while_the_spool_is_open(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.forget(spool.append(batch(Row(0, 1))))
    assert spool.append(batch(Row(0, 2))) == 2
    assert slots(spool) == [2]
    assert slots(opened(tmp_path)) == [2]


def test_a_full_spool_refuses_and_takes_again_when_some_is_forgotten(tmp_path: Path) -> None:
    one = len(encoded(1, batch(Row(0, 0))))
    spool = opened(tmp_path, SpoolSettings(segment_bytes=one, limit_bytes=2 * one))
    spool.append(batch(Row(0, 0)))
    spool.append(batch(Row(1, 1)))
    with pytest.raises(SpoolFull):
        spool.append(batch(Row(2, 2)))
    assert slots(spool) == [0, 1]
    spool.forget(1)
    spool.append(batch(Row(2, 2)))
    assert slots(spool) == [1, 2]


def test_a_folder_that_cannot_be_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreUnavailable, match="does not open"):
        Spool(tmp_path / "file").open()


def test_files_of_others_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "readme.spool").write_text("mine")
    spool = opened(tmp_path)
    spool.append(batch(Row(0, 1)))
    spool.forget(1)
    assert [path.name for path in tmp_path.iterdir()] == ["readme.spool"]
