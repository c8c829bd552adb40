"""A day of a line on virtual time: one meter stops counting, one runs backwards, one falls silent and comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from headend.domain.meter_states import StateKind
from headend.domain.readings import Reading
from headend.ports import ReadingSink
from tests.fakes.virtual_time import run_virtual
from tests.scenarios.faults import HOUR_S, Faults, Span
from tests.scenarios.world import FIRST_ADDRESS, World, WorldPlan, live

STOPS, BACKWARDS, SILENT = 1, 2, 3
HOURS, BREAKS_H, WELL_H = 24.0, 3.0, 15.0
SPAN = Span(BREAKS_H * HOUR_S, WELL_H * HOUR_S)


class Broken:
    """Between two hours the first meters tell what broken ones tell; all else goes through."""

    def __init__(self, sink: ReadingSink) -> None:
        self._sink = sink
        self.held: dict[int, Decimal] = {}
        self.is_broken = False

    async def accept(self, readings: Sequence[Reading]) -> None:
        await self._sink.accept([self._told(one) for one in readings])

    def _told(self, one: Reading) -> Reading:
        if not self.is_broken or one.reading_type.name != "active_energy_import":
            return one
        if one.installation_id == STOPS:
            return replace(one, value=self.held.setdefault(STOPS, one.value))
        if one.installation_id == BACKWARDS:
            before = self.held.setdefault(BACKWARDS, one.value)
            return replace(one, value=2 * before - one.value)
        return one


def lived(breaks: float) -> World:
    """A day of five meters; `breaks` is the hour from which the first two tell wrong registers, until WELL_H."""
    broken: list[Broken] = []

    def sink(inner: ReadingSink) -> ReadingSink:
        broken.append(Broken(inner))
        return broken[0]

    async def beside(world: World) -> None:
        await world.clock.sleep(breaks * HOUR_S)
        broken[0].is_broken = breaks < WELL_H
        await world.clock.sleep((WELL_H - breaks) * HOUR_S)
        broken[0].is_broken = False
        await world.clock.sleep(HOURS * HOUR_S)

    silent = {str(FIRST_ADDRESS + SILENT - 1): [SPAN]} if breaks < WELL_H else {}
    plan = WorldPlan(seed=5, lines=1, meters_per_line=5, faults=Faults(silent=silent), sink=sink)
    return run_virtual(live(plan, HOURS, beside))


def test_each_broken_meter_is_named_once_and_its_state_ends_with_it() -> None:
    world = lived(BREAKS_H)
    states = {(one.installation_id, one.kind): one for one in world.state_book.states}
    assert set(states) == {
        (STOPS, StateKind.STOPPED),
        (BACKWARDS, StateKind.REVERSED),
        (SILENT, StateKind.NO_ANSWER),
    }
    assert len(world.state_book.states) == len(world.state_book.made) == 3
    breaks, well = (world.plan.start + timedelta(hours=hours) for hours in (BREAKS_H, WELL_H))
    for one in states.values():
        assert one.closed_at is not None and one.closing_evidence
        assert breaks <= one.since <= one.opened_at < well <= one.closed_at
        is_silence = one.kind is StateKind.NO_ANSWER  # a silent meter is asked seldom, so it is heard late
        assert one.closed_at < well + timedelta(hours=6 if is_silence else 1)


def test_a_day_without_faults_opens_nothing() -> None:
    assert lived(WELL_H).state_book.states == []
