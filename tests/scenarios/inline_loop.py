"""A virtual loop on which the work of threads takes no time: stores with threads of their own become replayable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

from tests.fakes.virtual_time import VirtualLoop

Result = TypeVar("Result")


class InlineLoop(VirtualLoop):
    """Runs what was meant for a thread at once; a virtual clock must not jump while a real thread works."""

    def run_in_executor(  # type: ignore[override]  # the type stubs do not agree on variadic callables
        self, executor: Executor | None, func: Callable[..., Result], *args: Any
    ) -> asyncio.Future[Result]:
        done: asyncio.Future[Result] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  # a thread hands over whatever it raises
            done.set_exception(error)
        return done


def run_inline(work: Coroutine[Any, Any, Result]) -> Result:
    """Run on a fresh loop of this kind."""
    with asyncio.Runner(loop_factory=InlineLoop) as runner:
        return runner.run(work)
