"""A line and its one owner task: jobs queue by priority, conversations run one at a time, silence is drained.

Knows no protocol: it moves bytes between a pipe and a parser until a conversation has its answer. Refuses
work beyond its queue (QueueFull) and never lets one job outlive its deadline.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from collectors.backoff import Backoff
from collectors.conversation import Answer, Ask, Conversation, Finding, LineParser
from collectors.line_health import LineCounters
from collectors.talk import LARGEST_ANSWER, Talk
from collectors.transports.pipe import BytePipe
from headend.domain.collection import Priority
from headend.domain.errors import FieldError, LineDown, NoAnswer, QueueFull
from headend.domain.line_health import LATENCY_BOUNDS_S, LineHealth
from headend.domain.readings import RawFrame
from headend.ports import Clock, Random


@dataclass(frozen=True, slots=True)
class LinePolicy:
    """Limits of one line.

    `seconds_per_byte` is wire time (0 where unknown), `gap_s` the longest silence inside an answer that has begun,
    `quiet_s` the silence that ends a drain, `drain_s` the longest drain, `rest_s` the silence before a request,
    None = as many characters as the protocol of the talk wants.
    `baudrate` is the wire's own rate, 0 where it is unknown.
    """

    queue_size: int = 256
    reserved_for_people: int = 32
    seconds_per_byte: float = 0.0
    gap_s: float = 0.5
    quiet_s: float = 0.05
    drain_s: float = 1.0
    rest_s: float | None = None
    baudrate: int = 0


SILENCE_COSTS, DAMAGE_COSTS = 5, 2  # whoever is heard, if badly, is there: five tries where silence has two


class _Job(NamedTuple):
    """Compares by priority, then by order of arrival, which is unique."""

    priority: int
    order: int
    deadline: float
    talk: Talk[Any]  # Any: findings differ by job
    finding: asyncio.Future[Any]  # Any: as above


class _Waiting:
    """Jobs by priority, for the one owner. Half the cost of `asyncio.PriorityQueue`, which also counts joins."""

    def __init__(self) -> None:
        self._heap: list[_Job] = []  # Any: findings differ by job
        self._owner: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, job: _Job) -> None:  # Any: as above
        heapq.heappush(self._heap, job)
        if self._owner is not None and not self._owner.done():
            self._owner.set_result(None)

    async def next(self) -> _Job:  # Any: as above
        """The most urgent job, as soon as there is one."""
        while not self._heap:
            self._owner = asyncio.get_running_loop().create_future()
            try:
                await self._owner
            finally:
                self._owner = None
        return heapq.heappop(self._heap)

    def clear(self) -> list[_Job]:  # Any: as above
        """All jobs; none wait any more."""
        jobs, self._heap = self._heap, []
        return jobs


class _Deaf:
    """Parser of a line on which no protocol was spoken yet."""

    def receive(self, data: bytes) -> list[Any]:  # Any: there are no events
        return []

    def line_idle(self) -> list[Any]:  # Any: there are no events
        return []


SILENT: LineParser = _Deaf()


class Channel:
    """Owner of one line. `run()` is its task; `converse()` is how others get work done on it."""

    def __init__(
        self,
        pipe: BytePipe,
        clock: Clock,
        *,
        policy: LinePolicy | None = None,
        on_state: Callable[[str | None], None] = lambda reason: None,
        retune: Callable[[int], None] | None = None,
        random: Random | None = None,
    ) -> None:
        """With `random` a broken line is tried again at times of its own; see Backoff."""
        self._pipe, self._clock = pipe, clock
        self._retune, self._rate = retune, 0
        self._policy = policy or LinePolicy()
        self._on_state = on_state
        self._protocol, self._parser = "", SILENT
        self._jobs = _Waiting()
        self._order = itertools.count()
        self._backoff = Backoff(random)
        self._last_heard = self._last_asked = -math.inf
        self._second_zero = clock.now()
        self._largest_answer, self._rest_s = LARGEST_ANSWER, 0.0
        self._has_heard = False  # somebody's bytes since the newest request, but no answer
        self.counters = LineCounters()
        self._buckets = self.counters.buckets  # counted here in place: this is the hot path

    def health(self) -> LineHealth:
        """How the line is, and how many jobs wait."""
        return self.counters.health(len(self._jobs))

    async def converse(self, talk: Talk[Finding], priority: Priority, deadline_s: float) -> Finding:
        """Run a conversation when its turn comes. Raises QueueFull, LineDown, NoAnswer, MeterRefused."""
        room = self._policy.queue_size
        if priority is not Priority.ON_DEMAND:
            room -= self._policy.reserved_for_people
        if len(self._jobs) >= room:
            raise QueueFull(f"{self._pipe!r} has {len(self._jobs)} jobs waiting")
        finding: asyncio.Future[Finding] = asyncio.get_running_loop().create_future()
        deadline = self._clock.monotonic() + deadline_s
        self._jobs.add(_Job(priority, next(self._order), deadline, talk, finding))
        return await finding

    async def run(self) -> None:
        """Own the line until cancelled."""
        try:
            while True:
                await self._serve(await self._jobs.next())
        finally:
            self._refuse_waiting()
            await self._pipe.close()

    async def _serve(self, job: _Job) -> None:  # Any: findings differ by job
        if job.finding.done():  # the asker has gone
            return
        try:
            finding = await self._perform(job)
        except FieldError as error:
            if not job.finding.done():
                job.finding.set_exception(error)
        else:
            if not job.finding.done():
                job.finding.set_result(finding)
        finally:
            _end(job)  # the owner ends or has failed: nobody waits for ever

    async def _perform(self, job: _Job) -> Any:  # Any: findings differ by job
        remaining = job.deadline - self._clock.monotonic()
        if remaining <= 0:
            raise NoAnswer("the line was busy until the deadline")
        conversation = job.talk.conversation()
        try:
            if not self._pipe.is_open:
                await self._open(remaining)
            self._listen_for(job.talk)
            return await self._talk(conversation, job.deadline)
        except LineDown as error:
            await self._lose(str(error))
            raise
        finally:
            conversation.close()

    async def _open(self, remaining_s: float) -> None:
        wait_s = self._backoff.remaining(self._clock.monotonic())
        if wait_s > 0:
            raise LineDown(f"{self._backoff.reason}; next try in {wait_s:.0f} s")
        try:
            async with asyncio.timeout(remaining_s):
                await self._pipe.open()
        except TimeoutError as error:
            raise LineDown(f"{self._pipe!r} could not be opened in time") from error
        self._protocol, self._parser = "", SILENT
        self._rate = 0
        self.counters.opened(self._clock.now())
        if self._backoff.succeed():
            self._on_state(None)

    def _listen_for(self, talk: Talk[Any]) -> None:  # Any: findings differ by job
        self._largest_answer = talk.largest_answer
        policy = self._policy
        self._rest_s = talk.rest_characters * policy.seconds_per_byte if policy.rest_s is None else policy.rest_s
        if talk.protocol != self._protocol:
            self._protocol, self._parser = talk.protocol, talk.parser()

    async def _lose(self, reason: str) -> None:
        was_trying = self._backoff.remaining(self._clock.monotonic()) > 0
        await self._pipe.close()
        if was_trying:
            return
        self.counters.lost(self._clock.now(), reason)
        if self._backoff.fail(self._clock.monotonic(), reason):
            self._on_state(reason)

    async def _talk(self, conversation: Conversation[Any], deadline: float) -> Any:  # Any: findings differ by job
        """Until the conversation ends; past the deadline whatever it still asks stays unanswered.

        Its instants are counted from its begin: our own wall clock may be set while a meter is talking.
        """
        self._second_zero = self._clock.now() - timedelta(seconds=self._clock.monotonic())
        try:
            ask = next(conversation)
            while True:
                try:
                    answer = await self._exchange(ask, deadline)
                except NoAnswer as silence:
                    ask = conversation.throw(silence)
                else:
                    ask = conversation.send(answer)
        except StopIteration as end:
            return end.value

    async def _exchange(self, ask: Ask, deadline: float) -> Answer:
        """Ask until it is answered, or as often as the ask allows; a damaged answer is no silence and costs less."""
        tries, left = 0, ask.attempts * SILENCE_COSTS
        while left > 0:
            tries += 1
            if self._clock.monotonic() >= deadline:
                raise NoAnswer("the deadline passed")
            if self._rest_s:
                await self._rest()
            if ask.baudrate != self._rate:
                self._tune(ask.baudrate)
            self._count_strays(self._pipe.pending())
            await self._pipe.write(ask.request)
            self.counters.exchanges += 1
            event = await self._hear(ask, deadline)
            self._last_heard = self._clock.monotonic()
            if event is not None:
                self._buckets[bisect_left(LATENCY_BOUNDS_S, self._last_heard - self._last_asked)] += 1
                asked_at, heard_at = self._steady(self._last_asked), self._steady(self._last_heard)
                return Answer(event, RawFrame(ask.request, event.raw), asked_at, heard_at)
            self.counters.timeouts += 1
            left -= DAMAGE_COSTS if self._has_heard and ask.attempts > 1 else SILENCE_COSTS
            await self._drain()
        damaged = ", only damaged bytes" if self._has_heard else ""
        reason = f"no answer within {ask.timeout_s:g} s, {tries} tries{damaged}"
        raise NoAnswer(reason, was_heard=self._has_heard)

    def _steady(self, monotonic_s: float) -> datetime:
        """The wall time of this conversation, whatever was done to the wall clock since it began."""
        return self._second_zero + timedelta(seconds=monotonic_s)

    def _tune(self, baudrate: int) -> None:
        """Speak at this rate from here on, 0 = the line's own; a line that has only one stays silent at others."""
        if self._retune is None:
            raise NoAnswer("this line has one rate")
        self._retune(baudrate or self._policy.baudrate)
        self._rate = baudrate

    @property
    def _byte_s(self) -> float:
        own = self._policy.baudrate
        return self._policy.seconds_per_byte * (own / self._rate if self._rate and own else 1.0)

    async def _rest(self) -> None:
        """The wire's turn-round: whoever spoke last lets go of it."""
        wait_s = self._last_heard + self._rest_s - self._clock.monotonic()
        if wait_s > 0:
            await self._clock.sleep(wait_s)

    async def _hear(self, ask: Ask, deadline: float) -> Any | None:  # Any: an event of the parser
        now = self._last_asked = self._clock.monotonic()
        byte_s = self._byte_s
        first_by = now + ask.timeout_s + byte_s * len(ask.request)
        all_by = min(first_by + byte_s * self._largest_answer, deadline)
        by = min(first_by, all_by)
        self._has_heard = False
        while now < by:
            data = await self._pipe.read(by)
            event = self._pick(ask, self._parser.receive(data) if data else self._parser.line_idle())
            if event is not None or not data:
                return event
            now = self._clock.monotonic()
            by = min(max(first_by, now + self._policy.gap_s), all_by)
        return self._pick(ask, self._parser.line_idle())

    def _pick(self, ask: Ask, events: list[Any]) -> Any | None:  # Any: events of the parser
        answer = None
        for event in events:
            if answer is None and ask.answers(event):
                answer = event
            else:
                self.counters.strays += 1
                self._has_heard |= event.raw not in ask.request  # our own echo is nobody
        return answer

    def _count_strays(self, data: bytes) -> None:
        if data:
            self.counters.noise_bytes += len(data)
            self.counters.strays += len(self._parser.receive(data))
        self._parser.line_idle()

    async def _drain(self) -> None:
        """Wait for quiet, so that a late answer cannot meet the next question."""
        if not self._pipe.is_open:
            return
        now = self._clock.monotonic()
        longest = now + self._policy.drain_s  # on a babbling line the matching of answers must do
        while now < longest:
            data = await self._pipe.read(min(now + self._policy.quiet_s, longest))
            if not data:
                break
            self._count_strays(data)
            now = self._clock.monotonic()
        self._parser.line_idle()

    def _refuse_waiting(self) -> None:
        for job in self._jobs.clear():
            _end(job)


def _end(job: _Job) -> None:  # Any: findings differ by job
    if not job.finding.done():
        job.finding.set_exception(LineDown("the line was closed"))
