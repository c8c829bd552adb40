"""Judge states: after each session what meters told is judged by the rules, by columns, before it is kept.

Marks nothing. Of readings it takes the live ones only: what a memory tells of the past is no state of today.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headend.domain.instants import from_us
from headend.domain.quality import ReadingQuality, mask
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import SOURCE_CODE, Ints, ReadingBatch, ReadingSource, source_codes
from headend.rules.meter_states.samples import UNTOLD, Judged, Rows, Samples, StateRule, sessions
from headend.services.keep_meter_states import KeepMeterStates
from headend.services.meter_facts import MeterFacts

LIVE = np.array([SOURCE_CODE[one] for one in (ReadingSource.SCHEDULED, ReadingSource.ON_DEMAND, ReadingSource.PUSHED)])
UNFIT = mask([ReadingQuality.OUT_OF_RANGE, ReadingQuality.WRONG_UNIT, ReadingQuality.IDENTITY_DOUBTED])


class _Judge:
    """One rule with what it remembers of every meter, and when it last saw each."""

    def __init__(self, rule: StateRule) -> None:
        self.rule = rule
        self._last = np.full(0, UNTOLD, np.int64)
        self._memory = np.full((rule.width, 0), UNTOLD, np.int64)

    def judge(self, seen: Samples) -> tuple[Samples, Judged]:
        """What is new of it, and the verdicts; what was seen before or is older is left out."""
        self._grow(int(seen.meter.max()))
        is_new: Rows = np.asarray(seen.at > self._last[seen.meter], np.bool_)
        for name in self.rule.needs:
            is_new &= seen.told(name)
        is_new &= np.any([seen.told(name) for name in self.rule.looks_at], axis=0)
        fresh = seen.take(is_new)
        judged = self.rule.judge(fresh, self._memory[:, fresh.meter])
        self._memory[:, fresh.meter], self._last[fresh.meter] = judged.memory, fresh.at
        return fresh, judged

    def _grow(self, highest: int) -> None:
        more = highest + 1 - len(self._last)
        if more > 0:
            more += len(self._last) // 4
            self._last = np.append(self._last, np.full(more, UNTOLD, np.int64))
            self._memory = np.append(self._memory, np.full((self.rule.width, more), UNTOLD, np.int64), axis=1)


class JudgeStates:
    """Port BatchWatcher."""

    def __init__(
        self, rules: Sequence[StateRule], states: KeepMeterStates, facts: MeterFacts, types: ReadingTypeTable
    ) -> None:
        self._judges, self._states = [_Judge(rule) for rule in rules], states
        self._facts, self._types = facts, types
        self._names = sorted({name for rule in rules for name in rule.looks_at})

    async def follow(self, batch: ReadingBatch) -> ReadingBatch:
        """The batch as it came."""
        live = batch.take(np.flatnonzero(np.isin(source_codes(batch.source), LIVE)))
        if not len(live):
            return batch
        await self._states.answered(np.unique(live.installation), from_us(int(live.received_at.max())))
        fit = live.take(np.flatnonzero((live.quality & UNFIT) == 0))
        capacity: Ints = (await self._facts.of(fit.installation)).capacity_va
        for seen in sessions(fit, self._types, self._names, capacity):
            for judge in self._judges:
                await self._decide(judge.rule, *judge.judge(seen))
        return batch

    async def _decide(self, rule: StateRule, seen: Samples, judged: Judged) -> None:
        """Only what changes costs a step of its own."""
        is_open = self._states.is_open(rule.kind, seen.meter)
        for row in np.flatnonzero(judged.is_so & ~is_open).tolist():
            words = rule.evidence(seen, judged.memory, row)
            await self._states.open(rule.kind, int(seen.meter[row]), from_us(int(judged.since[row])), words)
        for row in np.flatnonzero(judged.is_over & is_open).tolist():
            await self._states.close(rule.kind, int(seen.meter[row]), rule.evidence(seen, judged.memory, row))
