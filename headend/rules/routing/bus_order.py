"""The order of the meters on a bus: live ones first, as few changes of rate and protocol as there can be. Pure.

An exchange costs what it costs wherever it stands; only what changes between neighbours can be saved. Meters of one
rate and protocol therefore stand together, and the order of these few groups is found exactly.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

MOST_GROUPS = 10


@dataclass(frozen=True, slots=True)
class BusMeter:
    """A meter on the wire: how long one exchange takes, and what must be agreed before it (rate 0 = the line's own)."""

    name: str
    exchange_s: float
    protocol: str
    rate: int = 0
    is_dead: bool = False

    @property
    def voice(self) -> Voice:
        """What a change costs."""
        return Voice(self.protocol, self.rate)


@dataclass(frozen=True, slots=True)
class Voice:
    """How a meter is spoken to."""

    protocol: str
    rate: int = 0


@dataclass(frozen=True, slots=True)
class BusCosts:
    """Seconds on the wire beside the exchanges: between any two meters, and for each change between neighbours.

    A change of rate is a 17H exchange and its settling; a change of protocol a longer silence and a fresh parser.
    """

    turn_round_s: float = 0.02
    rate_change_s: float = 0.6
    protocol_change_s: float = 0.1

    def change_s(self, before: Voice, after: Voice) -> float:
        """From one voice to another."""
        rate = self.rate_change_s if before.rate != after.rate else 0.0
        return rate + (self.protocol_change_s if before.protocol != after.protocol else 0.0)


def seconds_on_the_wire(meters: Sequence[BusMeter], costs: BusCosts) -> float:
    """A whole pass in this order, begun and left at the line's own rate."""
    if not meters:
        return 0.0
    own = Voice(meters[0].protocol), Voice(meters[-1].protocol)
    voices = [own[0], *(meter.voice for meter in meters), own[1]]
    changes = math.fsum(costs.change_s(a, b) for a, b in itertools.pairwise(voices))
    return math.fsum(meter.exchange_s for meter in meters) + changes + costs.turn_round_s * (len(meters) - 1)


def least_seconds(meters: Sequence[BusMeter], costs: BusCosts) -> float:
    """What no order can undercut: every exchange, each foreign rate once and back, each further protocol once."""
    if not meters:
        return 0.0
    exchanges = math.fsum(meter.exchange_s for meter in meters) + costs.turn_round_s * (len(meters) - 1)
    rates = {meter.rate for meter in meters}
    foreign = rates - {0}
    rate_changes = len(foreign) + 1 if foreign else 0
    protocol_changes = len({meter.protocol for meter in meters}) - 1
    return exchanges + costs.rate_change_s * rate_changes + costs.protocol_change_s * protocol_changes


def best_bus_order(meters: Sequence[BusMeter], costs: BusCosts) -> tuple[BusMeter, ...]:
    """The order that takes least of all that have the dead meters last; equal ones stay as they stood."""
    live, dead = _by_voice(meters, is_dead=False), _by_voice(meters, is_dead=True)
    ways: Mapping[Voice | None, tuple[float, tuple[Voice, ...]]] = {None: (0.0, ())}
    for groups in (live, dead):
        if groups:
            ways = _ways_through(tuple(groups), ways, costs)
    order = min(ways.values(), key=lambda way: way[0] + _leaving_s(way[1], costs))[1]
    parts = [live[voice] for voice in order[: len(live)]] + [dead[voice] for voice in order[len(live) :]]
    return tuple(meter for part in parts for meter in part)


def _leaving_s(order: Sequence[Voice], costs: BusCosts) -> float:
    return costs.change_s(order[-1], Voice(order[-1].protocol)) if order else 0.0


def _by_voice(meters: Sequence[BusMeter], *, is_dead: object) -> dict[Voice, list[BusMeter]]:
    groups: dict[Voice, list[BusMeter]] = {}
    for meter in meters:
        if meter.is_dead is is_dead:
            groups.setdefault(meter.voice, []).append(meter)
    return groups


def _ways_through(
    groups: Sequence[Voice], begun: Mapping[Voice | None, tuple[float, tuple[Voice, ...]]], costs: BusCosts
) -> Mapping[Voice | None, tuple[float, tuple[Voice, ...]]]:
    """The cheapest way through all groups for each group that may be last, going on from what was begun."""
    kept: dict[tuple[int, Hashable], tuple[float, tuple[Voice, ...]]] = {(0, end): way for end, way in begun.items()}
    for _ in groups:
        longer: dict[tuple[int, Hashable], tuple[float, tuple[Voice, ...]]] = {}
        for (done, _end), (spent, way) in kept.items():
            for number, voice in _next(groups, done, way):
                before = way[-1] if way else Voice(voice.protocol)
                cost = spent + costs.change_s(before, voice)
                key = (done | 1 << number, voice)
                if key not in longer or cost < longer[key][0]:
                    longer[key] = (cost, (*way, voice))
        kept = longer
    return {way[-1]: (spent, way) for spent, way in kept.values()}


def _next(groups: Sequence[Voice], done: int, way: Sequence[Voice]) -> Sequence[tuple[int, Voice]]:
    """The groups that are left; of very many only the cheapest by rate and protocol, in their own order."""
    left = [(number, voice) for number, voice in enumerate(groups) if not done >> number & 1]
    if len(groups) <= MOST_GROUPS:
        return left
    last = way[-1] if way else Voice("")
    return [min(left, key=lambda one: (one[1].rate != last.rate, one[1].protocol != last.protocol, one[1].rate))]
