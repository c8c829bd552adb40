"""Who answers: when a meter is asked for its number, and to whom the readings of its session belong. Judges nothing.

It costs one exchange, at the end of a session whose readings are not kept before it is settled: once a day, after a
silence, a line that was opened again, a clock that jumped, or a register that moved as no meter's can. A number that is
not the expected one is asked again at once. Meters whose profile names no identity are believed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from headend.domain.collection import ItemError, ItemResult, MeterAnswer
from headend.domain.errors import FieldError, NoAnswer, StoreUnavailable
from headend.domain.exchanges import NO_FRAME, IdentityTold
from headend.domain.identity import IdentityFinding
from headend.domain.metering import OWN_LINE, MeterInstallation
from headend.domain.quality import ReadingQuality
from headend.ports import Clock, IdentityCheck, IdentityVerdict

EVERY = timedelta(days=1)
JUST = timedelta(minutes=1)  # nobody exchanges a meter between two questions of one visit
MOST_AGAIN = 2  # more tells in one session, when the first was not the expected one
MOST_TRIES = 3  # passes in a row, when a meter that answers does not answer this; then once a day again
CLOCK_STEP_S = 2  # an offset is told in whole seconds
REGISTER, OFFSET = "active_energy_import", "clock_offset"
ALLOWANCE, UNKNOWN_KVA = Decimal("1.2"), Decimal(1000)  # as config/validation has it
ONE_COUNT = Decimal("0.01")
SURE = frozenset({IdentityFinding.CONFIRMED, IdentityFinding.LEARNED, IdentityFinding.UNTOLD})
MARK = frozenset({ReadingQuality.IDENTITY_DOUBTED})
NO_MARK: frozenset[ReadingQuality] = frozenset()

ReadItems = Callable[[MeterInstallation, Sequence[str]], Awaitable[MeterAnswer]]


@dataclass(slots=True)
class _Seen:
    """What was last seen of an installation."""

    settled_at: datetime
    line_opened: int
    is_doubted: bool = True
    has_told: bool = False
    tries: int = 0
    register: tuple[Decimal, datetime] | None = None
    offset: Decimal | None = None


class IdentityWatch:
    """`item_of` names what a meter is asked for to know who it is, empty for meters that cannot tell.

    Only a meter's own line is judged here: what answers by another way proves nothing of its place.
    """

    def __init__(self, item_of: Callable[[MeterInstallation], str], check: IdentityCheck, *, clock: Clock) -> None:
        self._item_on_own_line, self._check, self._clock = item_of, check, clock
        self._seen: dict[int, _Seen] = {}
        self._opened = Counter[str]()

    def _item_of(self, installation: MeterInstallation) -> str:
        return self._item_on_own_line(installation) if installation.way == OWN_LINE else ""

    def line_changed(self, url: str, reason: str | None) -> None:
        """A line is up again (None): whoever is behind it now may be somebody else."""
        if reason is None:
            self._opened[url] += 1

    def lost(self, installation: MeterInstallation) -> None:
        """The meter kept silent: who answers next has to say who it is."""
        seen = self._seen.get(installation.id)
        if seen is not None:
            seen.is_doubted = True

    def with_identity(self, installation: MeterInstallation, items: Sequence[str]) -> Sequence[str]:
        """The items of a session, and the identity after them where it is due."""
        item = self._item_of(installation)
        return [*items, item] if item and item not in items and self._is_due(installation) else items

    async def settled(self, installation: MeterInstallation, answer: MeterAnswer, read: ReadItems) -> MeterAnswer:
        """The answer with its readings under the installation that gave them, marked where that is not certain."""
        item = self._item_of(installation)
        if not item or not answer.is_answered:
            return answer
        result = next((one for one in answer.results if one.item == item), None)
        is_suspicious = self._is_suspicious(installation, answer)
        if result is None and not is_suspicious:
            self._remember(installation, answer)
            return answer
        if result is None:
            result = await self._asked(installation, item, read)
        result = await self._heard(installation, result, item, read)
        verdict = None if result is None else await self._verdict(installation, result, item, read)
        if verdict is None:
            self._failed(installation)
            return _belonging(answer, installation, MARK if is_suspicious else NO_MARK)
        is_doubted = verdict.finding not in SURE and verdict.installation.id == installation.id
        is_doubted |= verdict.finding is IdentityFinding.SHARED_ADDRESS
        settled = _belonging(answer, verdict.installation, MARK if is_doubted else NO_MARK)
        self._settle(verdict.installation, settled, is_doubted)
        return settled

    async def is_sure(self, installation: MeterInstallation, read: ReadItems) -> bool:
        """Ask now whether this very meter answers, before its memory is read; True where it cannot tell.

        False is another meter. NoAnswer, LineDown, QueueFull when nobody could be asked: then nothing is known.
        """
        item = self._item_of(installation)
        if not item or self._is_just_settled(installation) or self._cannot_tell(installation):
            return True
        result = next((one for one in (await read(installation, [item])).results if one.item == item), None)
        if result is None or result.error is ItemError.NO_ANSWER:
            raise NoAnswer("the meter did not say who it is")
        verdict = await self._verdict(installation, result, item, read)
        is_sure = verdict is None or (verdict.finding in SURE and verdict.installation.id == installation.id)
        if verdict is not None and is_sure:
            self._settle(installation, MeterAnswer(installation, (), ()), is_doubted=False)
        return is_sure

    async def save(self) -> None:
        """What was learned in a pass is kept at its end; while the store is away it waits."""
        try:
            await self._check.save()
        except StoreUnavailable:
            return

    async def _verdict(
        self, installation: MeterInstallation, first: ItemResult, item: str, read: ReadItems
    ) -> IdentityVerdict | None:
        """What follows from the tells of this session; None when there was none, or the records are away."""
        verdict = await self._told(installation, first)
        for _ in range(MOST_AGAIN):
            if verdict is None or verdict.finding is not IdentityFinding.DOUBTFUL:
                break
            again = await self._asked(installation, item, read)
            verdict = (None if again is None else await self._told(installation, again)) or verdict
        return verdict

    async def _heard(
        self, installation: MeterInstallation, first: ItemResult | None, item: str, read: ReadItems
    ) -> ItemResult | None:
        """The tell, asked for again where a meter that has told before did not: its words were lost on the way."""
        seen = self._seen.get(installation.id)
        for _ in range(MOST_AGAIN if seen is not None and seen.has_told else 0):
            if first is not None and first.error is not ItemError.NO_ANSWER:
                break
            first = await self._asked(installation, item, read)
        return first

    async def _told(self, installation: MeterInstallation, result: ItemResult) -> IdentityVerdict | None:
        tell = _tell(installation, result)
        try:
            return None if tell is None else await self._check.told(tell)
        except StoreUnavailable:
            return None

    async def _asked(self, installation: MeterInstallation, item: str, read: ReadItems) -> ItemResult | None:
        try:
            answer = await read(installation, [item])
        except FieldError:
            return None
        return next((one for one in answer.results if one.item == item), None)

    def _is_due(self, installation: MeterInstallation) -> bool:
        seen = self._seen.get(installation.id)
        if seen is None or seen.is_doubted or seen.line_opened != self._opened[installation.meter.line.url]:
            return True
        return self._clock.now() - seen.settled_at >= EVERY

    def _is_just_settled(self, installation: MeterInstallation) -> bool:
        seen = self._seen.get(installation.id)
        return seen is not None and not self._is_due(installation) and self._clock.now() - seen.settled_at < JUST

    def _cannot_tell(self, installation: MeterInstallation) -> bool:
        """It answered passes, but never this; see `_failed`."""
        seen = self._seen.get(installation.id)
        return seen is not None and not seen.has_told and not self._is_due(installation)

    def _is_suspicious(self, installation: MeterInstallation, answer: MeterAnswer) -> bool:
        seen = self._seen.get(installation.id)
        if seen is None:
            return False
        told = {one.reading_type.name: one for one in answer.readings}
        register, offset = told.get(REGISTER), told.get(OFFSET)
        if offset is not None and seen.offset is not None and abs(offset.value - seen.offset) > CLOCK_STEP_S:
            return True
        if register is None or seen.register is None:
            return False
        before, at = seen.register
        hours = Decimal((register.received_at - at).total_seconds()) / 3600
        most = (installation.usage_point.capacity_kva * ALLOWANCE or UNKNOWN_KVA) * hours + ONE_COUNT
        return not 0 <= register.value - before <= most

    def _settle(self, installation: MeterInstallation, answer: MeterAnswer, is_doubted: bool) -> None:
        opened, before = self._opened[installation.meter.line.url], self._seen.get(installation.id)
        now_seen = self._seen[installation.id] = _Seen(self._clock.now(), opened, is_doubted, has_told=True)
        if before is not None:
            now_seen.register, now_seen.offset = before.register, before.offset
        self._remember(installation, answer)

    def _failed(self, installation: MeterInstallation) -> None:
        """It answered all but this."""
        opened = self._opened[installation.meter.line.url]
        seen = self._seen.setdefault(installation.id, _Seen(self._clock.now(), opened))
        seen.tries += 1
        if seen.tries >= MOST_TRIES:
            seen.settled_at, seen.line_opened, seen.is_doubted, seen.tries = self._clock.now(), opened, False, 0

    def _remember(self, installation: MeterInstallation, answer: MeterAnswer) -> None:
        seen = self._seen.get(installation.id)
        if seen is None:
            return
        for one in answer.readings:
            if one.reading_type.name == REGISTER:
                seen.register = (one.value, one.received_at)
            elif one.reading_type.name == OFFSET:
                seen.offset = one.value


def _tell(installation: MeterInstallation, result: ItemResult) -> IdentityTold | None:
    """None when the meter does not say: it refuses, has none, or kept silent at this question."""
    frame = result.frame or NO_FRAME
    if result.error is ItemError.INVALID_DATA:
        return IdentityTold(installation, None, result.received_at, frame)
    if result.error is not None or result.text is None:
        return None
    return IdentityTold(installation, result.text, result.received_at, frame)


def _belonging(answer: MeterAnswer, installation: MeterInstallation, marks: frozenset[ReadingQuality]) -> MeterAnswer:
    if installation.id == answer.installation.id and not marks:
        return answer
    readings = tuple(
        replace(one, installation_id=installation.id, qualities=one.qualities | marks) for one in answer.readings
    )
    return MeterAnswer(installation, answer.results, readings)
