"""A capture file gives back what was written, forgives a cut last line, and says plainly what else is wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.captures.chunk import Chunk, Direction, Header
from collectors.captures.reading import LONGEST_LINE, read_capture
from collectors.captures.writing import CaptureWriter
from headend.domain.errors import ConfigError
from tests.fakes.full_disk import files_limited_to

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
HEADER = Header("tcp://10.0.0.5:8899", START, "headend 0")


class Ticking:
    """A clock that goes on by a microsecond whenever it is asked."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        self.at += timedelta(microseconds=1)
        return self.at


def written(path: Path, *said: tuple[Direction, bytes, int]) -> None:
    writer = CaptureWriter(path, HEADER, Ticking().now)
    for direction, data, connection in said:
        writer.record(direction, data, connection)
    writer.close()


@given(st.lists(st.tuples(st.sampled_from(Direction), st.binary(min_size=1), st.integers(1, 9))))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, said: list) -> None:  # type: ignore[type-arg]  # drawn
    path = tmp_path_factory.mktemp("capture") / "c.jsonl"
    written(path, *said)
    capture = read_capture(path)
    clock = Ticking()
    assert capture.header == HEADER
    assert list(capture.chunks) == [Chunk(clock.now(), *parts) for parts in said]
    assert not capture.is_cut


def test_a_chunk_is_with_the_operating_system_at_once(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    writer = CaptureWriter(path, HEADER, Ticking().now)
    writer.record(Direction.TO_METERS, b"\x68")
    assert len(read_capture(path).chunks) == 1
    writer.close()


def test_a_capture_cut_anywhere_loses_its_last_chunk_only(tmp_path: Path) -> None:
    whole = tmp_path / "c.jsonl"
    written(whole, *((Direction.TO_METERS, bytes([n]), 1) for n in range(3)))
    raw = whole.read_bytes()
    last = raw.rstrip(b"\n").rindex(b"\n") + 1
    for size in range(last + 1, len(raw) - 1):
        (tmp_path / "cut.jsonl").write_bytes(raw[:size])
        capture = read_capture(tmp_path / "cut.jsonl")
        assert capture.is_cut, size
        assert len(capture.chunks) == 2


GOOD = {"at": "2026-03-01T08:00:00Z", "direction": ">", "bytes": "68"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "c.jsonl:2"),
        (json.dumps({**GOOD, "direction": "up"}), "direction:"),
        (json.dumps({**GOOD, "bytes": "6"}), "bytes:"),
        (json.dumps({**GOOD, "bytes": "6x"}), "not hex"),
        (json.dumps({**GOOD, "at": "2026-03-01T08:00:00"}), "at:"),
        (json.dumps({**GOOD, "connection": 0}), "connection:"),
        (json.dumps({**GOOD, "speed": 0}), "speed:"),
        ('"' + "6" * LONGEST_LINE + '"', "longer than"),
    ],
)
def test_a_wrong_line_says_file_line_field_and_remedy(tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "c.jsonl"
    written(path)
    path.write_text(path.read_text() + line + "\n" + json.dumps(GOOD) + "\n")
    with pytest.raises(ConfigError) as caught:
        read_capture(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value) and ":2" in str(caught.value) and "docs/captures.md" in str(caught.value)


@pytest.mark.parametrize("content", ["", "{}\n", '{"capture": 2}\n', json.dumps(GOOD) + "\n"])
def test_what_does_not_begin_like_a_capture_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "c.jsonl").write_text(content)
    with pytest.raises(ConfigError, match=r"c\.jsonl:1"):
        read_capture(tmp_path / "c.jsonl")


def test_a_capture_is_never_written_over(tmp_path: Path) -> None:
    written(tmp_path / "c.jsonl")
    with pytest.raises(ConfigError, match="exists"):
        written(tmp_path / "c.jsonl")
    with pytest.raises(ConfigError, match="cannot write"):
        written(tmp_path / "nowhere" / "c.jsonl")
    with pytest.raises(ConfigError, match="cannot read"):
        read_capture(tmp_path / "none.jsonl")


def test_a_full_disk_ends_the_capture_and_keeps_what_was_before(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    writer = CaptureWriter(path, HEADER, Ticking().now)
    with files_limited_to(500):
        for number in range(20):
            writer.record(Direction.TO_METERS, bytes([number]))
    writer.record(Direction.TO_METERS, b"later")
    writer.close()
    capture = read_capture(path)
    assert writer.failure is not None and f"after {writer.chunks} chunks" in writer.failure
    assert [chunk.data for chunk in capture.chunks] == [bytes([n]) for n in range(writer.chunks)]
    assert 0 < writer.chunks < 20
