"""One child process and its lines: started, watched, asked, and replaced only after it has been killed and reaped.

A child beats every second. One that is silent for longer than the terms allow is dead to us, and so that it is dead to
the wire too, SIGKILL comes first, then waitpid, then a rest as long as any answer takes, then its successor. What it
was asked and has not answered fails as LineDown; what was not yet sent waits for the successor.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import structlog

from collectors.lines import LineState
from collectors.shards.child import Child, Fence, Start, kill_and_reap
from collectors.shards.frames import BrokenFrames
from collectors.shards.lives import added
from collectors.shards.messages import Ask, Beat, Failed, Forget, LineChanged, OwnerRestarted, Request, Told
from headend.domain.collection import MeterAnswer
from headend.domain.errors import HeadEndError, LineDown
from headend.domain.line_health import LineHealth
from headend.domain.metering import MeterInstallation
from headend.ports import Clock

log = structlog.get_logger()
STARTING_S = 30.0  # a child imports and reads profiles before its first beat
TAKEOVER_REST_S = 2.0  # the longest answer to what the dead child has asked is off the wire by then
LONGEST_PAUSE_S = 32.0
SHORT_LIFE_S = 10.0  # a child that ends sooner is given ever longer pauses
LAST_WORDS_S = 1.0
TICKS = 10  # of our own loop in the time of silence: if we ourselves were stopped, the child is not to blame
UNUSED = LineHealth()
REPLACING = "its collector process is being replaced"


class _Asked(NamedTuple):
    """What a child was asked and has not answered."""

    installation: MeterInstallation
    answer: asyncio.Future[MeterAnswer]


@dataclass(frozen=True, slots=True)
class ShardTerms:
    """How long a child may be silent, and how long a wire rests between two owners."""

    silent_after_s: float = 10.0
    takeover_rest_s: float = TAKEOVER_REST_S


@dataclass(frozen=True, slots=True)
class ShardNews:
    """Who is told of owners of lines that failed (URL, reason), and of children that were replaced."""

    owner_restarted: Callable[[str, str], None] = lambda url, reason: None
    child_replaced: Callable[[str], None] = lambda reason: None


class Shard:
    """A child and whatever succeeds it. `run()` owns it; `ask()` is how lines get work done by it.

    `fence` ends a child for good before another one is started; only a control experiment has another than SIGKILL.
    """

    def __init__(
        self,
        number: int,
        start: Start,
        *,
        clock: Clock,
        terms: ShardTerms,
        news: ShardNews,
    ) -> None:
        self.number, self._start, self._clock = number, start, clock
        self._terms, self._news = terms, news
        self.fence: Fence = kill_and_reap
        self._numbers = itertools.count()
        self._asked: dict[int, _Asked] = {}
        self._child: Child | None = None
        self._is_up = asyncio.Event()
        self._was_heard = self._is_ending = False
        self._health: Mapping[str, LineHealth] = {}
        self._before: dict[str, LineHealth] = {}  # of the children that are no more
        self._down: set[str] = set()
        self._on_state: dict[str, LineState] = {}
        self.replaced = 0

    @property
    def process_id(self) -> int | None:
        """Of the child that may be asked now."""
        return None if self._child is None else self._child.process.pid

    async def up(self) -> int:
        """Wait until there is a child that may be asked; its process id."""
        return (await self._ready()).process.pid

    def health(self, url: str) -> LineHealth:
        """What the child last told of a line; a line that was used and has no child now is down."""
        now, before = self._health.get(url, UNUSED), self._before.get(url, UNUSED)
        if self._child is None and before is not UNUSED:
            now = replace(now, is_open=False, reason=REPLACING)
        return added(before, now)

    def owns(self, url: str, on_state: LineState) -> None:
        """From here on `on_state` is told of the ups and downs of this line."""
        self._on_state[url] = on_state

    async def run(self) -> None:
        """Keep a child until cancelled."""
        short_lives = 0
        while True:
            began_at = self._clock.monotonic()
            reason = await self._live()
            is_short = self._clock.monotonic() - began_at < SHORT_LIFE_S
            short_lives = short_lives + 1 if is_short else 0
            self.replaced += 1
            log.warning("collector process replaced", process=self.number, reason=reason)
            self._news.child_replaced(f"process {self.number} {reason} (replacement {self.replaced})")
            longer_s = min(2.0**short_lives, LONGEST_PAUSE_S) if short_lives > 1 else 0.0
            await self._clock.sleep(max(self._terms.takeover_rest_s, longer_s))

    async def ask(self, installation: MeterInstallation, request: Request, deadline_s: float) -> MeterAnswer:
        """As the line answers; LineDown also when the child ends over it. Waits while a child is being replaced."""
        number, child = next(self._numbers), None
        answer: asyncio.Future[MeterAnswer] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(deadline_s + self._terms.silent_after_s):
                child = await self._ready()
                self._asked[number] = _Asked(installation, answer)
                await child.wire.send(Ask(number, installation, request, deadline_s))
                return await answer
        except TimeoutError as error:
            raise LineDown("the collector process of the line did not answer in time") from error
        except OSError as error:
            raise LineDown("the collector process of the line has ended") from error
        finally:
            answer.cancel()
            if self._asked.pop(number, None) is not None and child is not None and child is self._child:
                child.wire.send_soon(Forget(number))

    async def _ready(self) -> Child:
        while self._child is None:
            await self._is_up.wait()
        return self._child

    async def _live(self) -> str:
        """One child from its start to its burial; why it ended."""
        try:
            child = await self._start()
        except OSError as error:
            return f"could not be started: {error.strerror or error}"
        self._is_ending = False
        reading = asyncio.create_task(self._heed(child), name=f"collector process {self.number}")
        try:
            reason = await self._watch(reading)
        finally:
            self._retire()
            await self.fence(child)
            await asyncio.wait({reading}, timeout=LAST_WORDS_S)  # answers that it had given are as good as any
            reading.cancel()
            child.wire.close()
            self._bury()
        return reason

    async def _watch(self, reading: asyncio.Task[str]) -> str:
        """Until the child is gone or silent for too long, counted in ticks of our own."""
        tick_s, quiet_s = self._terms.silent_after_s / TICKS, 0.0
        while True:
            await asyncio.wait({reading}, timeout=tick_s)
            if reading.done():
                return reading.result()
            quiet_s = 0.0 if self._was_heard else quiet_s + tick_s
            self._was_heard = False
            if quiet_s >= (self._terms.silent_after_s if self._is_up.is_set() else STARTING_S):
                return f"was silent for {quiet_s:.0f} s and was killed"

    async def _heed(self, child: Child) -> str:
        """Take what the child says, until it says no more."""
        try:
            async for message in child.wire.messages():
                self._was_heard = True
                self._take(message, child)
        except (OSError, BrokenFrames) as error:
            return f"ended: {error}"
        finally:
            self._retire()
        return "ended by itself"

    def _retire(self) -> None:
        """Nothing more is asked of the child; what is asked from here on waits for the next one."""
        self._child, self._is_ending = None, True
        self._is_up.clear()

    def _take(self, message: object, child: Child) -> None:
        match message:
            case Told(number, results, readings):
                asked = self._asked.pop(number, None)
                if asked is not None and not asked.answer.done():
                    asked.answer.set_result(MeterAnswer(asked.installation, results, readings))
            case Failed(number, error):
                self._fail(number, error)
            case Beat(health):
                self._beaten(health, child)
            case LineChanged(url, reason):
                self._line_changed(url, reason)
            case OwnerRestarted(url, reason):
                self._news.owner_restarted(url, reason)
            case _:
                raise BrokenFrames(f"a message that no child sends: {type(message).__name__}")

    def _beaten(self, health: Mapping[str, LineHealth], child: Child) -> None:
        self._health = health
        for url in [url for url in self._down if url in health and health[url].is_open]:
            self._line_changed(url, None)  # it was down under the child before this one
        if self._child is None and not self._is_ending:  # its last words are heard too
            self._child = child
            self._is_up.set()

    def _line_changed(self, url: str, reason: str | None) -> None:
        """Loss is told once and return once, whichever child sees them."""
        if url in self._on_state and (reason is None) == (url in self._down):
            self._on_state[url](reason)
        self._down = self._down - {url} if reason is None else self._down | {url}

    def _fail(self, number: int, error: HeadEndError) -> None:
        asked = self._asked.pop(number, None)
        if asked is not None and not asked.answer.done():
            asked.answer.set_exception(error)

    def _bury(self) -> None:
        for url, health in self._health.items():
            past = added(self._before.get(url, UNUSED), health)
            self._before[url] = replace(past, is_open=None, reason="", waiting=0)
        self._health = {}
        for number in list(self._asked):
            self._fail(number, LineDown("the collector process of the line ended and is being replaced"))
