"""Accept readings: validate, mark, keep durably, tell watchers. Drops nothing and overwrites nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headend.domain.errors import StoreUnavailable
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.instants import from_us, iso
from headend.domain.quality import FAILED_MASK, unmask
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import Ints, Reading, ReadingBatch, to_batch
from headend.ports import BatchWatcher, Clock, EventLog, FeedItem, LiveFeed, PreviousReadings, ReadingStore
from headend.rules.book import RuleBook
from headend.rules.rule import ValidationContext
from headend.services.compare_ways import CompareWays
from headend.services.meter_facts import MeterFacts


class AcceptReadings:
    """The one way of readings into the store. Idempotent on (installation, reading type, measured_at)."""

    def __init__(
        self,
        store: ReadingStore,
        rules: RuleBook,
        facts: MeterFacts,
        types: ReadingTypeTable,
        *,
        clock: Clock,
        events: EventLog,
        feed: LiveFeed,
        watchers: Sequence[BatchWatcher] = (),
        compare: CompareWays | None = None,
    ) -> None:
        """`watchers` learn from every batch and set marks of their own; `compare` looks at what other ways told."""
        self._store, self._rules, self._facts, self._types = store, rules, facts, types
        self._clock, self._events, self._feed, self._watchers = clock, events, feed, watchers
        self._compare = compare

    async def accept(self, readings: Sequence[Reading]) -> None:
        """Returns when every reading is durable (store or spool); raises StoreUnavailable when neither can."""
        if not readings:
            return
        batch = in_time_order(to_batch(readings))
        context = await self._context(batch)
        marked = self._rules.validate(batch, context)
        for watcher in self._watchers:
            marked = await watcher.follow(marked)
        await self._keep(marked)
        await self._report(marked)

    async def _keep(self, marked: ReadingBatch) -> None:
        """Append the batch, and with one mark more what the store holds of other ways that contradicts it."""
        if self._compare is None:
            await self._store.append(marked)
            return
        compared = await self._compare.compare(marked)
        for batch in (*compared.before, compared.batch, *compared.after):
            await self._store.append(batch)
        for installation_id, words in compared.findings[:8]:  # one bad terminal must not flood the log
            event = EndDeviceEvent(EventKind.WAYS_DISAGREE, self._clock.now(), words, installation_id)
            await self._events.record(event)

    async def _context(self, batch: ReadingBatch) -> ValidationContext:
        facts = await self._facts.of(batch.installation)
        previous = with_neighbours(batch, await self._previous(batch))
        return ValidationContext(
            types=self._types,
            previous_at=previous.measured_at,
            previous_value=previous.value,
            capacity_va=facts.capacity_va,
            customer_class=facts.customer_class,
        )

    async def _previous(self, batch: ReadingBatch) -> PreviousReadings:
        """What the store has before; nothing while it cannot be asked, for the spool behind it takes readings still."""
        try:
            return await self._store.previous(batch)
        except StoreUnavailable:
            nothing = np.zeros(len(batch), np.int64)
            return PreviousReadings(nothing - 1, nothing)

    async def _report(self, batch: ReadingBatch) -> None:
        suspects = np.flatnonzero(batch.quality & FAILED_MASK)
        for row in suspects[:8]:  # one bad meter must not flood the log
            reading_type = self._types.by_id(int(batch.reading_type[row]))
            marks = ", ".join(unmask(int(batch.quality[row])))
            detail = (
                f"{reading_type.name} {reading_type.text(int(batch.value[row]))} {reading_type.unit} "
                f"at {iso(from_us(int(batch.measured_at[row])))}: {marks}"
            )
            await self._events.record(
                EndDeviceEvent(EventKind.READING_SUSPECT, self._clock.now(), detail, int(batch.installation[row]))
            )
        newest = int(batch.received_at.max())
        for installation in np.unique(batch.installation):
            fields = {"installation": str(installation), "received_at": iso(from_us(newest))}
            self._feed.publish(FeedItem("readings", fields))


def in_time_order(batch: ReadingBatch) -> ReadingBatch:
    """Rows sorted by installation, type and time."""
    return batch.take(np.lexsort((batch.measured_at, batch.reading_type, batch.installation)))


def with_neighbours(batch: ReadingBatch, stored: PreviousReadings) -> PreviousReadings:
    """The nearer of the stored predecessor and the row before in a sorted batch of the same key."""
    at, value = stored.measured_at.copy(), stored.value.copy()
    same_key = (batch.installation[1:] == batch.installation[:-1]) & (batch.reading_type[1:] == batch.reading_type[:-1])
    earlier: Ints = batch.measured_at[:-1]
    nearer = same_key & (earlier > at[1:]) & (earlier < batch.measured_at[1:])
    at[1:][nearer] = earlier[nearer]
    value[1:][nearer] = batch.value[:-1][nearer]
    return PreviousReadings(at, value)
