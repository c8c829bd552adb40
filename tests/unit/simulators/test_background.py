"""A background loop enters and leaves what it is given, in order, and tells every failure to whoever asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from simulators.background import Background


@pytest.fixture
def background() -> Background:
    running = Background()
    running.start()
    return running


def test_what_was_entered_is_left_in_reverse_order(background: Background) -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def noted(name: str) -> AsyncIterator[str]:
        seen.append(f"in {name}")
        yield name
        seen.append(f"out {name}")

    assert [background.enter(noted(name)) for name in "ab"] == ["a", "b"]
    assert background.call(lambda: 7) == 7
    background.close()
    assert seen == ["in a", "in b", "out b", "out a"]


def test_a_failure_to_enter_comes_out_and_the_rest_goes_on(background: Background) -> None:
    @asynccontextmanager
    async def failing() -> AsyncIterator[None]:
        raise OSError("no")
        yield

    with pytest.raises(OSError, match="no"):
        background.enter(failing())
    assert background.call(lambda: 7) == 7
    background.close()


def test_a_failure_to_leave_comes_out_when_all_is_left(background: Background) -> None:
    left: list[str] = []

    @asynccontextmanager
    async def noted() -> AsyncIterator[None]:
        yield
        left.append("noted")

    @asynccontextmanager
    async def failing() -> AsyncIterator[None]:
        yield
        raise OSError("no")

    background.enter(noted())
    background.enter(failing())
    with pytest.raises(OSError, match="no"):
        background.close()
    assert left == ["noted"]
    assert not background._thread.is_alive()
