"""States open and close once, whatever comes twice, late or after a restart."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from headend.domain.errors import StoreUnavailable
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.meter_states import MeterState, StateKind, SuggestedAction
from headend.domain.quality import ReadingQuality
from headend.domain.readings import Reading, ReadingSource
from headend.services.keep_meter_states import StatesHearing
from tests.fakes.memory_states import MemoryStateBook
from tests.unit.headend.meter_states.told import NOON, Told

SILENT = EndDeviceEvent(EventKind.METER_SILENT, NOON, "time-out", 1)


def hear(told: Told, event: EndDeviceEvent) -> None:
    asyncio.run(StatesHearing(told.events, told.keep).record(event))


def test_a_silence_is_a_state_until_the_meter_is_back() -> None:
    told = Told()
    hear(told, SILENT)
    hear(told, SILENT)
    assert told.standing() == [(1, StateKind.NO_ANSWER)] and len(told.book.made) == 1
    hear(told, EndDeviceEvent(EventKind.METER_BACK, NOON, "", 1))
    assert told.standing() == [] and "meter_back" in told.book.states[0].closing_evidence


def test_other_events_are_recorded_and_no_state() -> None:
    told = Told()
    hear(told, EndDeviceEvent(EventKind.METER_PARKED, NOON, "", 1))
    hear(told, EndDeviceEvent(EventKind.LINE_DOWN, NOON))
    assert told.standing() == [] and len(told.kinds()) == 2


def test_after_a_restart_an_answer_ends_a_silence_of_the_life_before_and_nothing_opens_twice() -> None:
    first = Told()
    hear(first, SILENT)
    first.tell(2, clock_offset="900")
    second = Told(first.book)
    second.tell(2, clock_offset="900")
    assert second.standing() == [(1, StateKind.NO_ANSWER), (2, StateKind.CLOCK_WRONG)]
    second.tell(1, clock_offset="0")
    second.tell(2, clock_offset="0")
    assert second.standing() == [] and len(first.book.states) == 2


class AwayBook(MemoryStateBook):
    """A store that can be away."""

    is_away = False

    async def open(self, state: MeterState, action: SuggestedAction) -> MeterState:
        if self.is_away:
            raise StoreUnavailable("away")
        return await super().open(state, action)

    async def close(self, state_id: int, at: datetime, evidence: str) -> None:
        if self.is_away:
            raise StoreUnavailable("away")
        await super().close(state_id, at, evidence)


def test_what_could_not_be_kept_is_kept_with_the_next_batch() -> None:
    book = AwayBook()
    told = Told(book)
    book.is_away = True
    hear(told, SILENT)
    told.tell(2, clock_offset="900")
    assert told.standing() == []
    book.is_away = False
    told.tell(2, clock_offset="900")
    assert told.standing() == [(1, StateKind.NO_ANSWER), (2, StateKind.CLOCK_WRONG)]


def test_what_is_no_reading_of_this_meter_now_is_not_judged() -> None:
    told = Told()
    [good] = told.readings(1, {"clock_offset": "900"})
    told.keep_all([replace(good, qualities=frozenset({ReadingQuality.IDENTITY_DOUBTED}))])
    told.keep_all([replace(good, source=ReadingSource.LOAD_PROFILE)])
    assert told.standing() == []
    told.keep_all([good])
    assert len(told.standing()) == 1


def sessions_of(offsets: list[tuple[int, int]]) -> list[list[Reading]]:
    """A session a minute of three meters in turn, as each tells a clock that is right or wrong."""
    told, made = Told(), []
    for meter, offset in offsets:
        told.wait(timedelta(minutes=1))
        made.append(told.readings(meter, {"clock_offset": str(offset)}))
    return made


def spans(told: Told) -> list[tuple[int, datetime, datetime | None]]:
    return [(one.installation_id, one.since, one.closed_at) for one in told.book.states]


OFFSETS = st.lists(st.tuples(st.integers(1, 3), st.sampled_from([0, 100, 900])), max_size=25)


@settings(max_examples=60, deadline=None)
@given(OFFSETS, st.data())
def test_spans_of_a_kind_never_overlap_and_repeats_change_nothing(
    offsets: list[tuple[int, int]], data: st.DataObject
) -> None:
    told, twice = Told(), Told()
    made = sessions_of(offsets)
    for number, session in enumerate(made):
        for one in (told, twice):
            one.clock.move_to(session[0].received_at)
            one.keep_all(session)
        again = data.draw(st.integers(0, number))  # something that came before comes again, late
        twice.keep_all(made[again])
    assert spans(told) == spans(twice)
    for meter in (1, 2, 3):
        mine = [one for one in told.book.states if one.installation_id == meter]
        for before, after in pairwise(mine):
            assert before.closed_at is not None and before.closed_at <= after.opened_at


@settings(max_examples=40, deadline=None)
@given(OFFSETS)
def test_one_batch_of_many_sessions_ends_where_single_ones_end(offsets: list[tuple[int, int]]) -> None:
    single, whole, made = Told(), Told(), sessions_of(offsets)
    for session in made:
        single.keep_all(session)
    if made:
        whole.keep_all([reading for session in made for reading in session])
    assert single.standing() == whole.standing()
