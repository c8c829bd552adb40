"""Receivers under hostile bytes: heard as the oracle hears, in few steps, with little memory, whatever comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.resync import CUT_HEADER, MAX_NOISE, PATIENCE, Buffer, Endings, Receiver, running_sums
from tests.unit.protocols.hostile_bytes import DLT645, LINES, Line, cut, filled, heard

PATTERNS = [(line, pattern) for line in LINES.values() for pattern in line.patterns.values()]
BY_PATTERN = pytest.mark.parametrize(
    ("line", "pattern"), PATTERNS, ids=[f"{name}: {title}" for name, line in LINES.items() for title in line.patterns]
)
BY_LINE = pytest.mark.parametrize("line", LINES.values(), ids=LINES)
LONGEST_HEADER = 24


def parts(line: Line) -> st.SearchStrategy[bytes]:
    """Frames whole, damaged and cut; headers; bytes that mean something; and long runs."""
    known = [line.frame, line.shortest, *line.headers.values()]
    damaged = st.tuples(st.sampled_from(known), st.integers(0, 40), st.sampled_from(b"\x68\x16\x00\xfe\x32"))
    return st.one_of(
        st.sampled_from(known),
        damaged.map(lambda d: d[0][: d[1]] + bytes((d[2],)) + d[0][d[1] + 1 :]),
        st.lists(st.sampled_from(b"\x68\x68\x16\xfe\x00\x09\x22\x91\xc8"), max_size=24).map(bytes),
        st.tuples(st.sampled_from([b"\xfe", b"\x68", b"\0"]), st.sampled_from([1000, 1024, 2100])).map(
            lambda run: run[0] * run[1]
        ),
        st.binary(max_size=12),
    )


@BY_LINE
@settings(max_examples=120, deadline=None)
@given(st.data())
def test_any_mixture_in_any_cut_is_heard_as_the_oracle_hears_it(line: Line, data: st.DataObject) -> None:
    raw = b"".join(data.draw(st.lists(parts(line), max_size=60)))
    sizes = data.draw(st.lists(st.sampled_from([0, 1, 3, 11, 60, 500, 5000]), min_size=1, max_size=12))
    pieces: list[bytes | None] = []
    while raw:
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(raw[:size] if size else None)
        raw = raw[size or 1 :]
    assert heard(line.connection(), pieces) == heard(line.reference(), pieces)


@BY_PATTERN
def test_a_pattern_is_heard_as_the_oracle_hears_it(line: Line, pattern: bytes) -> None:
    raw = filled(pattern, 20_000)
    for pieces in ([raw], cut(raw, 1000), cut(raw[:1500], 1)):
        assert heard(line.connection(), pieces) == heard(line.reference(), pieces)


def test_an_oracle_that_hears_something_else_would_be_seen() -> None:
    raw = filled(DLT645.patterns["wrong sum"], 2_000)
    assert heard(DLT645.connection(), [raw]) != heard(DLT645.reference(), [raw[:-1]])


class Counted:
    """A receiver whose questions to the framing are counted."""

    def __init__(self, line: Line) -> None:
        self.single = self.false = self.at_once = self.bytes_at_once = 0
        self._line = line
        framing = replace(line.framing, frame_end=self._frame_end, frame_ends=self._frame_ends)
        self.receiver: Receiver[Any] = Receiver(framing)  # Any: events of three protocols

    def _frame_end(self, buffer: Buffer, start: int) -> int:
        end = self._line.framing.frame_end(buffer, start)
        self.single += 1
        self.false += end <= 0 and end != CUT_HEADER
        return end

    def _frame_ends(self, buffer: bytes) -> Endings:
        self.at_once += 1
        self.bytes_at_once += len(buffer)
        return self._line.framing.frame_ends(buffer)


@BY_PATTERN
def test_64_kib_in_one_call_are_judged_at_once_but_for_a_few_headers(line: Line, pattern: bytes) -> None:
    for silence in (False, True):
        counted = Counted(line)
        raw = filled(pattern)
        counted.receiver.receive(raw)
        if silence:
            counted.receiver.line_idle()
        calls = 1 + silence
        assert counted.at_once <= calls
        assert counted.false <= calls * (PATIENCE + 2)
        assert counted.single <= calls * (PATIENCE + 2 + LONGEST_HEADER) + len(raw) / len(line.shortest)


@BY_PATTERN
def test_small_pieces_cost_in_proportion(line: Line, pattern: bytes) -> None:
    raw = filled(pattern)
    counted = Counted(line)
    heard(counted.receiver, cut(raw, 1024))
    pieces = len(raw) // 1024
    assert counted.bytes_at_once <= (pieces + 1) * (line.longest + 1024)
    assert counted.single <= len(raw)
    alone = Counted(line)
    heard(alone.receiver, cut(raw[:8192], 1))
    assert alone.single <= 2 * 8192 + LONGEST_HEADER * 8192
    assert alone.bytes_at_once <= 2 * line.longest


@BY_LINE
def test_while_a_promised_frame_comes_nothing_is_judged(line: Line) -> None:
    counted = Counted(line)
    for piece in cut(line.headers["longest promised"] + bytes(line.longest - 30), 1):
        assert counted.receiver.receive(piece) == []
    assert counted.single <= LONGEST_HEADER


def test_the_count_counts() -> None:
    counted = Counted(DLT645)
    heard(counted.receiver, cut(filled(b"\x68", 4096), 8))
    assert counted.single > 4000, "the control: one by one, so many headers would be asked for"


@BY_LINE
@pytest.mark.parametrize("kind", ["starts", "random of few", "longest promised", "headers one in another"])
def test_ten_megabytes_fill_no_memory(line: Line, kind: str) -> None:
    connection: Any = line.connection()  # Any: looked into
    raw = filled(line.patterns[kind])
    for _ in range(10 * 1024 * 1024 // len(raw)):
        for piece in (raw[:50_000], raw[50_000:]):
            events: Sequence[Any] = connection.receive(piece)  # Any: events of three protocols
            assert len(connection._buffer) <= line.longest
            assert len(connection._noise) <= MAX_NOISE
            assert all(len(event.raw) <= max(line.longest, MAX_NOISE) for event in events)
            assert sum(len(event.raw) for event in events) <= len(piece) + line.longest + MAX_NOISE
    connection.line_idle()
    assert repr(connection) == "<Connection 0 bytes waiting, 0 of noise>"


@BY_LINE
def test_a_frame_behind_every_pattern_is_heard(line: Line) -> None:
    for pattern in line.patterns.values():
        connection = line.connection()
        connection.receive(filled(pattern))
        connection.line_idle()
        (event,) = connection.receive(line.frame)
        assert event.raw == line.frame


def test_a_frame_ends_the_claim_of_the_false_header_before_it() -> None:
    line = LINES["gdw1376"]
    header = bytes.fromhex("680220022068")  # promises 2056 bytes, and they end badly
    broken = line.frame[:-1] + b"\0"
    raw = header + bytes(MAX_NOISE - len(header)) + line.frame + bytes(30) + broken + bytes(1000)
    noise, frame, gap, last = line.connection().receive(raw + line.frame)[:4]
    assert [noise.raw, frame.raw] == [raw[:MAX_NOISE], line.frame]
    assert [gap.reason, last.raw[: len(broken)]] == ["no header", broken]


def test_running_sums_give_the_sum_of_any_stretch() -> None:
    raw = np.frombuffer(Random(5).randbytes(500), dtype=np.uint8)
    sums = running_sums(raw)
    assert all((int(sums[n]) - int(sums[n // 2]) - sum(raw[n // 2 : n].tolist())) % 256 == 0 for n in range(501))
