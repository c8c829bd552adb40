"""Follow clocks: learns each meter's offset, drift and jumps from what is kept anyway, and marks doubtful times.

By columns; only a jump costs a step of its own. When our own wall clock is set, the meters' have not jumped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from headend.domain.clocks import ClockJump, ClockState, JumpCause, JumpTerms, Rows, doubted_stamps
from headend.domain.errors import StoreUnavailable
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.instants import from_us, to_us
from headend.domain.quality import ReadingQuality
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import SOURCE_CODE, Ints, ReadingBatch, ReadingSource, source_codes
from headend.ports import Clock, ClockBook, EventLog

FRESH_US = 600_000_000  # older rows come from the spool: they tell of a clock that was
OWN_JUMP_S = 2.0
SAVE_EVERY_S = 600.0
UNKNOWN = np.iinfo(np.int64).min
STORED = np.array([SOURCE_CODE[ReadingSource.DAILY_FREEZE], SOURCE_CODE[ReadingSource.LOAD_PROFILE]])


class FollowClocks:
    """Port BatchWatcher. `load()` before, `run()` saves now and then, `save()` at the end."""

    def __init__(
        self, book: ClockBook, types: ReadingTypeTable, terms: JumpTerms, *, clock: Clock, events: EventLog
    ) -> None:
        self._book, self._terms, self._clock, self._events = book, terms, clock, events
        self._type = types.by_name("clock_offset")
        self._offset = self._at = self._first = self._since = np.full(0, UNKNOWN, np.int64)
        self._dirty = np.zeros(0, np.bool_)
        self._wrong: dict[int, ClockJump] = {}
        self._doubted: dict[int, list[tuple[int, int]]] = {}
        self._ordered: set[int] = set()
        self._unsaved: list[ClockJump] = []
        self._steady_s = self._steady()

    async def load(self) -> None:
        """What an earlier life knew."""
        states = await self._book.states()
        self._grow(max((one.installation_id for one in states), default=0))
        for one in states:
            row = one.installation_id
            self._offset[row], self._at[row] = one.offset_s, to_us(one.at)
            self._first[row], self._since[row] = one.first_offset_s, to_us(one.since)
        for jump in await self._book.jumps():
            self._remember(jump)

    async def run(self) -> None:
        """Save until cancelled."""
        while True:
            await self._clock.sleep(SAVE_EVERY_S)
            await self.save()

    async def save(self) -> None:
        """Keep what is new; it waits while the store is away."""
        jumps, self._unsaved = self._unsaved, []
        rows = np.flatnonzero(self._dirty)
        try:
            await self._book.add_jumps(jumps)
            jumps = []
            await self._book.keep([self._state(int(row)) for row in rows])
        except StoreUnavailable:
            self._unsaved = [*jumps, *self._unsaved]
            return
        self._dirty[rows] = False

    def state(self, installation_id: int) -> ClockState | None:
        """What is known of a meter's clock now."""
        known = installation_id < len(self._offset) and self._offset[installation_id] != UNKNOWN
        return self._state(installation_id) if known else None

    def states(self) -> Sequence[ClockState]:
        """Of all meters whose clock was ever read."""
        return [self._state(int(row)) for row in np.flatnonzero(self._offset != UNKNOWN)]

    def ordered(self, installations: Iterable[int]) -> None:
        """Their clocks are being set: the next change of each is no surprise."""
        self._ordered.update(installations)

    def is_trusted(self, installation_id: int) -> bool:
        """The clock was near enough to ours when it was last read."""
        state = self.state(installation_id)
        return state is None or abs(state.offset_s) <= self._terms.trusted_s

    async def follow(self, batch: ReadingBatch) -> ReadingBatch:
        """See the port."""
        await self._notice_own_jump()
        rows = np.flatnonzero(batch.reading_type == self._type.id)
        now_us = to_us(self._clock.now())
        rows = rows[np.abs(batch.received_at[rows] - now_us) < FRESH_US]
        jumped = np.zeros(0, np.int64)
        if len(rows):
            jumped = await self._learn(batch, rows)
        return self._marked(batch, jumped)

    async def _learn(self, batch: ReadingBatch, rows: Ints) -> Ints:
        """Take each meter's newest row; gives the installations whose clock has jumped."""
        rows = rows[np.lexsort((batch.received_at[rows], batch.installation[rows]))]
        meters = batch.installation[rows]
        last = np.concatenate((meters[1:] != meters[:-1], [True]))
        rows, meters = rows[last], meters[last]
        self._grow(int(meters.max()))
        told = batch.value[rows] // 10**self._type.decimals
        at = batch.received_at[rows]
        is_new = self._offset[meters] == UNKNOWN
        before, before_at = np.where(is_new, told, self._offset[meters]), np.where(is_new, at, self._at[meters])
        jumped = self._terms.jumped(before, told, at - before_at)
        starts = is_new | jumped
        self._first[meters] = np.where(starts, told, self._first[meters])
        self._since[meters] = np.where(starts, at, self._since[meters])
        self._offset[meters], self._at[meters], self._dirty[meters] = told, at, True
        for row in np.flatnonzero(jumped):
            span = from_us(int(before_at[row])), from_us(int(at[row]))
            await self._tell(ClockJump(int(meters[row]), *span, int(before[row]), int(told[row])))
        self._first_wrong(meters[is_new], told[is_new], at[is_new])
        if self._unsaved:
            await self.save()
        return np.asarray(meters[jumped], np.int64)

    def _first_wrong(self, meters: Ints, told: Ints, at: Ints) -> None:
        """A clock that is wrong when it is first read has been so for as long as anybody knows."""
        for row in np.flatnonzero(np.abs(told) > self._terms.trusted_s):
            seen = from_us(int(at[row]))
            self._remember(ClockJump(int(meters[row]), seen, seen, 0, int(told[row])))

    async def _tell(self, jump: ClockJump) -> None:
        is_ordered = jump.installation_id in self._ordered and abs(jump.after_s) < abs(jump.before_s)
        if is_ordered:
            self._ordered.discard(jump.installation_id)
            jump = ClockJump(
                jump.installation_id, jump.last_good, jump.seen_at, jump.before_s, jump.after_s, JumpCause.ORDERED
            )
        self._unsaved.append(jump)
        self._remember(jump)
        if not is_ordered:
            words = f"{jump.before_s:+d} s before, {jump.after_s:+d} s after"
            event = EndDeviceEvent(EventKind.CLOCK_JUMPED, self._clock.now(), words, jump.installation_id)
            await self._events.record(event)

    def _remember(self, jump: ClockJump) -> None:
        """A time in which the clock could not be trusted begins or ends."""
        number = jump.installation_id
        wrong = self._wrong.pop(number, None)
        if wrong is not None:
            low, high = doubted_stamps(wrong, jump.seen_at)
            self._doubted.setdefault(number, []).append((to_us(low), to_us(high)))
        if abs(jump.after_s) > self._terms.trusted_s:
            self._wrong[number] = jump

    def _marked(self, batch: ReadingBatch, jumped: Ints) -> ReadingBatch:
        codes = source_codes(batch.source)
        is_stored = np.isin(codes, STORED)
        marked = batch
        if len(jumped):
            marked = marked.marked(np.isin(batch.installation, jumped) & ~is_stored, ReadingQuality.CLOCK_JUMPED)
        if is_stored.any() and (self._wrong or self._doubted):
            marked = marked.marked(is_stored & self._is_doubted(batch), ReadingQuality.CLOCK_OFFSET)
        return marked

    def _is_doubted(self, batch: ReadingBatch) -> Rows:
        """Stamps of a clock that is wrong now, or that was when it made them."""
        doubted = np.isin(batch.installation, np.fromiter(self._wrong, np.int64, len(self._wrong)))
        known = np.fromiter(self._doubted, np.int64, len(self._doubted))
        for number in np.intersect1d(batch.installation, known):
            own = batch.installation == number
            for low, high in self._doubted[int(number)]:
                doubted |= own & (batch.measured_at >= low) & (batch.measured_at <= high)
        return np.asarray(doubted, np.bool_)

    async def _notice_own_jump(self) -> None:
        steady, before = self._steady(), self._steady_s
        if abs(steady - before) <= OWN_JUMP_S:
            self._steady_s += max(-0.001, min(0.001, steady - before))  # an adjusted clock creeps
            return
        self._steady_s = steady
        moved_s = round(steady - before)
        known = self._offset != UNKNOWN
        self._offset[known] -= moved_s
        self._first[known] -= moved_s
        self._at[known] += moved_s * 1_000_000
        self._since[known] += moved_s * 1_000_000
        event = EndDeviceEvent(EventKind.SERVER_CLOCK_JUMPED, self._clock.now(), f"by {moved_s:+d} s")
        await self._events.record(event)

    def _steady(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _grow(self, highest: int) -> None:
        more = highest + 1 - len(self._offset)
        if more <= 0:
            return
        more += len(self._offset) // 4
        unknown = np.full(more, UNKNOWN, np.int64)
        self._offset, self._at = np.append(self._offset, unknown), np.append(self._at, unknown)
        self._first, self._since = np.append(self._first, unknown), np.append(self._since, unknown)
        self._dirty = np.append(self._dirty, np.zeros(more, np.bool_))

    def _state(self, row: int) -> ClockState:
        at, since = from_us(int(self._at[row])), from_us(int(self._since[row]))
        return ClockState(row, at, int(self._offset[row]), since, int(self._first[row]))
