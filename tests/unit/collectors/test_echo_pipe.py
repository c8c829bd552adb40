"""On a line with echo we hear the others and not ourselves, whole or in part."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.transports.echo import EchoPipe
from tests.fakes.scripted_pipe import ScriptedPipe
from tests.fakes.virtual_time import run_virtual

REQUEST, ANSWER = b"\x68request\x16", b"\x68answer\x16"


async def _heard(pieces: Sequence[bytes]) -> bytes:
    pipe = EchoPipe(ScriptedPipe(lambda number, data: [(0.01 * n, piece) for n, piece in enumerate(pieces, 1)]))
    await pipe.open()
    await pipe.write(REQUEST)
    heard = b""
    by = asyncio.get_running_loop().time() + 5
    while data := await pipe.read(by):
        heard += data
    return heard


@given(st.lists(st.integers(0, len(REQUEST + ANSWER)), max_size=6))
def test_the_echo_is_taken_out_however_it_is_cut(cuts: list[int]) -> None:
    whole, edges = REQUEST + ANSWER, sorted({0, *cuts, len(REQUEST + ANSWER)})
    pieces = [whole[a:b] for a, b in pairwise(edges)]
    assert run_virtual(_heard(pieces)) == ANSWER


@pytest.mark.parametrize("echo", [b"", REQUEST[:4], REQUEST[2:], b"\x00" + REQUEST])
def test_without_a_whole_echo_nothing_of_the_answer_is_lost(echo: bytes) -> None:
    assert run_virtual(_heard([echo + ANSWER])).endswith(ANSWER)


def test_an_answer_that_begins_like_the_request_is_not_eaten() -> None:
    assert run_virtual(_heard([REQUEST[:3], b"other"])) == REQUEST[:3] + b"other"
    assert run_virtual(_heard([REQUEST[:3]])) == REQUEST[:3]


def test_an_answer_equal_to_the_request_is_heard_after_the_echo() -> None:
    """Modbus confirms a write by its own bytes."""
    assert run_virtual(_heard([REQUEST, REQUEST])) == REQUEST
