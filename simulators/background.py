"""An event loop in a thread of its own, for callers that have none: contexts are entered and left there from here.

Nothing outlives `close`: what was entered is left in reverse order, within a deadline.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

Entered = TypeVar("Entered")
Result = TypeVar("Result")
LONGEST_S = 20.0


class _Held:
    """A context that is open: one task enters and leaves it, as task groups and deadlines ask for."""

    def __init__(self) -> None:
        self._leave = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def enter(self, context: AbstractAsyncContextManager[Entered]) -> Entered:
        entered: asyncio.Future[Entered] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._hold(context, entered))
        ends: set[asyncio.Future[Any]] = {entered, self._task}  # Any: futures of two types
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if not entered.done():
            self._task.result()  # raises what went wrong
        return entered.result()

    async def leave(self) -> None:
        self._leave.set()
        if self._task is not None:
            await self._task

    async def _hold(self, context: AbstractAsyncContextManager[Entered], entered: "asyncio.Future[Entered]") -> None:
        async with context as value:
            entered.set_result(value)
            await self._leave.wait()


class Background:
    """A running loop and what was entered in it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._held: list[_Held] = []
        self._thread = threading.Thread(target=self._run, name="simulators", daemon=True)

    def start(self) -> None:
        """Begin to run."""
        self._thread.start()

    def enter(self, context: AbstractAsyncContextManager[Entered]) -> Entered:
        """Enter a context until `close`; its error comes out here."""
        held = _Held()
        entered = self._wait(held.enter(context))
        self._held.append(held)
        return entered

    def call(self, ask: Callable[[], Result]) -> Result:
        """What a plain function gives in the loop's thread."""

        async def asked() -> Result:
            return ask()

        return self._wait(asked())

    def close(self) -> None:
        """Leave everything, end the loop and its thread. The first error comes out, when all has been left."""
        try:
            self._wait(self._leave_all())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(LONGEST_S)

    async def _leave_all(self) -> None:
        failed: list[BaseException] = []
        while self._held:
            left = await asyncio.gather(self._held.pop().leave(), return_exceptions=True)
            failed += [error for error in left if error is not None]
        if failed:
            raise failed[0]

    def _wait(self, work: Coroutine[Any, Any, Result]) -> Result:  # Any: nothing is yielded or sent
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(LONGEST_S)

    def _run(self) -> None:
        """Until stopped; then whatever still runs is cancelled, and transports get their last turns."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.get_loop().run_forever()
