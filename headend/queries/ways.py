"""The ways to one meter as people look at them: which is used, since when and why, and how each has answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from headend.domain.field_readings import FieldReading, ReadingFile
from headend.domain.metering import OWN_LINE, Line, MeterInstallation, Protocol
from headend.domain.ways import Way, WayChoice, WayHealth
from headend.ports import Clock, FieldReadingBook, MeterRegistry, WayBook, WayWatch

NEWEST = 10


class WayState(StrEnum):
    """How a way stands now."""

    USED = "used"
    READY = "ready"
    DEAD = "dead"
    UNTRIED = "untried"
    AHEAD = "ahead"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class ShownWay:
    """One way with its state; `id` is None for the meter's own line."""

    id: int | None
    rank: int
    protocol: Protocol
    profile: str
    server_address: str
    line: Line
    valid_from: datetime
    valid_to: datetime | None
    added_by: str
    state: WayState
    health: WayHealth


@dataclass(frozen=True, slots=True)
class WaysPage:
    """All ways of a meter by rank, the choice among them, and the newest that people read."""

    installation: MeterInstallation
    choice: WayChoice
    ways: Sequence[ShownWay]
    by_people: Sequence[FieldReading]

    @property
    def has_several(self) -> bool:
        """There is, or was, another way than its own line."""
        return len(self.ways) > 1


class ShowWays:
    """Answers how a meter is reached."""

    def __init__(
        self, registry: MeterRegistry, book: WayBook, watch: WayWatch, readings: FieldReadingBook, clock: Clock
    ) -> None:
        self._registry, self._book, self._watch, self._readings, self._clock = registry, book, watch, readings, clock

    async def page(self, installation_id: int) -> WaysPage:
        """The ways of a meter; UnknownMeter."""
        installation = await self._registry.installation(installation_id)
        choice, now = self._watch.choice(installation_id), self._clock.now()
        ways = [_own_line(installation, choice)]
        ways += [_further(way, choice, now) for way in await self._book.of(installation_id)]
        return WaysPage(installation, choice, ways, await self._readings.newest(installation_id, NEWEST))

    async def file(self, import_id: int) -> ReadingFile:
        """An imported file as it came; UnknownImport."""
        return await self._readings.file(import_id)


def _standing(choice: WayChoice, rank: int) -> WayState:
    health = choice.of(rank)
    if choice.rank == rank:
        return WayState.USED
    if health.is_dead:
        return WayState.DEAD
    return WayState.READY if health.answered_at else WayState.UNTRIED


def _own_line(installation: MeterInstallation, choice: WayChoice) -> ShownWay:
    meter = installation.meter
    return ShownWay(
        None,
        OWN_LINE,
        meter.protocol,
        meter.profile,
        meter.server_address,
        meter.line,
        installation.installed_at,
        installation.removed_at,
        "",
        _standing(choice, OWN_LINE),
        choice.of(OWN_LINE),
    )


def _further(way: Way, choice: WayChoice, now: datetime) -> ShownWay:
    state = _standing(choice, way.rank)
    if way.valid_from > now:
        state = WayState.AHEAD
    elif not way.holds_at(now):
        state = WayState.ENDED
    return ShownWay(
        way.id,
        way.rank,
        way.protocol,
        way.profile,
        way.server_address,
        way.line,
        way.valid_from,
        way.valid_to,
        way.added_by,
        state,
        choice.of(way.rank) if way.holds_at(now) else WayHealth(),
    )
