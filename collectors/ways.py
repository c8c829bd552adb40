"""The ways to meters at work: which one a cycle tries, what came of it, and word of every change.

A meter with its own line alone is not known here and costs nothing. Decides nothing: `headend.domain.ways` does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from headend.domain.collection import MeterAnswer
from headend.domain.errors import StoreUnavailable
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.identity import identity_of
from headend.domain.metering import OWN_LINE, MeterInstallation
from headend.domain.quality import ReadingQuality
from headend.domain.readings import Reading
from headend.domain.ways import (
    NO_CHOICE,
    Way,
    WayChoice,
    WayOutcome,
    WayReason,
    after_cycle,
    attempts,
    resumed,
)
from headend.ports import Clock, EventLog, ReadingSink, WayBook

DEAD_AFTER = 2  # failed cycles
PROVEN_FOR = timedelta(days=1)
HEARD_WITHIN = timedelta(minutes=30)  # a meter that reports by itself and is heard less often does not report
WHOLE_NUMBER = 12  # digits; numbers of this length on both sides are of one numbering


class WayTurn:
    """One cycle of one meter: the ways to try in order, and what came of those that were tried."""

    def __init__(self, own: MeterInstallation, ways: Mapping[int, Way], choice: WayChoice, dead_after: int) -> None:
        self.own, self._ways = own, ways
        self.ranks = sorted({OWN_LINE, *ways})
        self._order = attempts(self.ranks, choice, dead_after)
        self.outcomes: list[WayOutcome] = []
        self.is_silent = self.is_over = False

    @property
    def next(self) -> MeterInstallation | None:
        """The installation as the next way reaches it; None when no way is left for this cycle."""
        if len(self.outcomes) == len(self._order):
            return None
        way = self._ways.get(self._order[len(self.outcomes)])
        return self.own if way is None else way.reached(self.own)

    def heard(self, problem: str | None) -> None:
        """What came of the next way: empty, an answer; None, nothing that says anything of the way."""
        if problem is not None:
            self.outcomes.append(WayOutcome(self._order[len(self.outcomes)], problem))
        self.is_over = not problem or self.next is None


class WaySteering:
    """Port WayWatch. `refresh` reads the book when somebody has changed it; `identity_item` is what proves a meter."""

    def __init__(
        self,
        book: WayBook,
        *,
        clock: Clock,
        events: EventLog,
        dead_after: int = DEAD_AFTER,
        identity_item: Callable[[MeterInstallation], str] = lambda installation: "",
    ) -> None:
        self._book, self._clock, self._events = book, clock, events
        self._dead_after, self._identity_item = dead_after, identity_item
        self._ways: Mapping[int, Sequence[Way]] = {}
        self._choices: dict[int, WayChoice] = {}
        self._proven: dict[tuple[int, int], datetime] = {}
        self._heard_at: dict[tuple[int, int], datetime] = {}
        self._is_stale, self._began_at = True, clock.now()

    def forget(self) -> None:
        """The book was changed: read it again before the next pass."""
        self._is_stale = True

    async def refresh(self) -> None:
        """Know the ways that hold; while the store is away those known before stay."""
        if not self._is_stale:
            return
        try:
            every, kept = await self._book.open_at(self._clock.now()), await self._book.choices()
        except StoreUnavailable:
            return
        ways = defaultdict[int, list[Way]](list)
        for way in every:
            ways[way.installation_id].append(way)
        self._ways, self._is_stale = ways, False
        for installation_id in ways.keys() & kept.keys() - self._choices.keys():
            self._choices[installation_id] = resumed(kept[installation_id])

    def choice(self, installation_id: int) -> WayChoice:
        """See WayWatch."""
        return self._choices.get(installation_id, NO_CHOICE)

    def know(self, installation_id: int, choice: WayChoice) -> None:
        """Begin with this choice, as if it had been kept."""
        self._choices[installation_id] = choice

    def has_several(self, installation_id: int) -> bool:
        """Whether a meter has, or will have, another way than its own line."""
        return installation_id in self._ways

    def in_use(self, installation: MeterInstallation) -> MeterInstallation:
        """The meter as the way in use reaches it."""
        if installation.way != OWN_LINE or installation.id not in self._ways:
            return installation
        way = self._holding(installation.id).get(self.choice(installation.id).rank)
        return installation if way is None else way.reached(installation)

    def every(self, installations: Sequence[MeterInstallation]) -> Sequence[MeterInstallation]:
        """Each meter by each of its ways, so that their lines may listen."""
        if not self._ways:
            return installations
        more = (
            way.reached(one) for one in installations if one.id in self._ways for way in self._holding(one.id).values()
        )
        return [*installations, *more]

    def turns(self, installations: Sequence[MeterInstallation]) -> Mapping[int, WayTurn]:
        """A cycle begins: the turns of those with several ways."""
        if not self._ways:
            return {}
        turns = {}
        for one in installations:
            holding = self._holding(one.id) if one.id in self._ways else {}
            if holding:
                turns[one.id] = WayTurn(one, holding, self.choice(one.id), self._dead_after)
        return turns

    async def finished(self, turn: WayTurn) -> WayChoice:
        """A cycle of a meter is over: what is known of its ways, and word when another one is used."""
        number, before = turn.own.id, self.choice(turn.own.id)
        if not turn.outcomes:
            return before
        now = self._clock.now()
        after = after_cycle(turn.ranks, before, turn.outcomes, now, self._dead_after)
        self._choices[number] = after
        if (after.rank, after.reason) != (before.rank, before.reason):
            await self._events.record(EndDeviceEvent(EventKind.WAY_CHANGED, now, _words(before, after), number))
            try:
                await self._book.choose(number, after)
            except StoreUnavailable:
                return after  # a restart begins with the way before
        return after

    def heard(self, readings: Sequence[Reading]) -> None:
        """Meters reported by themselves."""
        for reading in readings:
            if reading.installation_id in self._ways:
                self._heard_at[reading.installation_id, reading.way] = self._clock.now()

    def reported(self, installation: MeterInstallation) -> str | None:
        """Of a way that is not asked: empty when it was heard lately, or what is wrong; None: too early to say."""
        now = self._clock.now()
        heard = self._heard_at.get((installation.id, installation.way))
        if heard is not None and now - heard <= HEARD_WITHIN:
            return ""
        return None if now - self._began_at < HEARD_WITHIN else "the meter has not reported for half an hour"

    def with_identity(self, installation: MeterInstallation, items: Sequence[str]) -> Sequence[str]:
        """The items, and what proves the meter where this way has not proven it lately."""
        item = self._identity_item(installation)
        proven = self._proven.get((installation.id, installation.way))
        is_due = proven is None or self._clock.now() - proven >= PROVEN_FOR
        return [*items, item] if item and item not in items and is_due else items

    def judged(self, installation: MeterInstallation, answer: MeterAnswer) -> tuple[MeterAnswer, str]:
        """The answer, marked where another meter gave it, and what is wrong with the way; empty when nothing is."""
        if not answer.is_answered:
            return answer, answer.results[0].reason or "no answer"
        item = self._identity_item(installation)
        told = next((one.text for one in answer.results if one.item == item and one.text), "") if item else ""
        if not told:
            return answer, ""
        if _is_another(told, installation.meter.serial_number):
            self._proven.pop((installation.id, installation.way), None)
            return _doubted(answer), f"meter {told} answers there"
        self._proven[installation.id, installation.way] = self._clock.now()
        return answer, ""

    def _holding(self, installation_id: int) -> Mapping[int, Way]:
        now = self._clock.now()
        return {way.rank: way for way in self._ways[installation_id] if way.holds_at(now)}


class HeardSink:
    """ReadingSink in front of another: notes by which way meters report."""

    def __init__(self, sink: ReadingSink, steering: WaySteering) -> None:
        self._sink, self._steering = sink, steering

    async def accept(self, readings: Sequence[Reading]) -> None:
        """See ReadingSink."""
        self._steering.heard(readings)
        await self._sink.accept(readings)


def _is_another(told: str, serial_number: str) -> bool:
    """Only whole numbers are compared: a register may keep short numbers of its own that meters do not tell."""
    heard, known = "".join(told.split()), serial_number.strip()
    is_one_numbering = len(heard) == len(known) == WHOLE_NUMBER
    return is_one_numbering and bool(identity_of(heard)) and identity_of(heard) != identity_of(known)


def _doubted(answer: MeterAnswer) -> MeterAnswer:
    mark = frozenset({ReadingQuality.IDENTITY_DOUBTED})
    readings = tuple(replace(one, qualities=one.qualities | mark) for one in answer.readings)
    return MeterAnswer(answer.installation, answer.results, readings)


def _words(before: WayChoice, after: WayChoice) -> str:
    if after.reason is WayReason.NONE_ANSWERS:
        return f"no way answers; way {after.rank} is asked first ({after.problem})"
    left = f" in place of way {before.rank}" if after.rank != before.rank else ""
    why = f" ({after.problem})" if after.reason is WayReason.FAILED_OVER and after.problem else ""
    return f"way {after.rank} is used{left}, {after.reason}{why}"
