"""A walk shared out between readers: one short tour cut into equal shares, each share walked as short as can be. Pure.

Every reader goes out from the first stop of the share and comes back to it. What is equal is time: walking and
reading. The gap of each walk to what no walk can undercut is part of the answer.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from headend.domain.routes import Place, RouteStop
from headend.rules.routing.tour import Tour, length_of, shortest_tour
from headend.rules.routing.tour_bound import tour_bound

METRES_PER_MINUTE = 60.0
"""How fast a reader gets on as the crow flies: a walk of 1.2 m/s that is a fifth longer than the straight line."""


TURNS, HALVINGS = 8, 20


@dataclass(frozen=True, slots=True)
class Share:
    """What one reader does, and the metres that no other order of the same stops could undercut."""

    reader: str
    stops: tuple[RouteStop, ...]
    metres: float
    bound_metres: float

    @property
    def minutes(self) -> float:
        """Walking and reading."""
        return self.metres / METRES_PER_MINUTE + math.fsum(stop.minutes for stop in self.stops)

    @property
    def gap_percent(self) -> float:
        """How much longer the walk is than the bound; the best walk lies somewhere between."""
        return 100 * (self.metres / self.bound_metres - 1) if self.bound_metres else 0.0


def shared_out(stops: Sequence[RouteStop], readers: Sequence[str]) -> tuple[Share, ...]:
    """All stops, shared between the readers so that the longest day is short; nobody gets nothing while stops last."""
    tour = shortest_tour(places_of(stops))
    along, cuts = _fairest([stops[position] for position in tour.order], min(len(readers), len(stops)))
    shares = []
    for number, reader in enumerate(readers):
        part = along[cuts[number] : cuts[number + 1]] if number + 1 < len(cuts) else []
        shares.append(_share(reader, part, tour if len(readers) == 1 else None))
    return tuple(shares)


def as_walked(stops: Sequence[RouteStop], readers: Sequence[str]) -> tuple[Share, ...]:
    """What each reader does in the order given; stops that nobody goes to belong to nobody."""
    shares = []
    for reader in readers:
        part = tuple(stop for stop in stops if stop.reader == reader)
        places = places_of(part)
        metres = length_of(places, range(len(places)))
        shares.append(Share(reader, part, metres, tour_bound(places, metres)))
    return tuple(shares)


def places_of(stops: Sequence[RouteStop]) -> list[Place]:
    """Where they are; every stop of a walk has a place."""
    found = [stop.place for stop in stops if stop.place is not None]
    assert len(found) == len(stops)
    return found


def _share(reader: str, part: Sequence[RouteStop], whole: Tour | None) -> Share:
    places = places_of(part)
    tour = shortest_tour(places) if whole is None else Tour(tuple(range(len(places))), whole.metres)
    walked = tuple(replace(part[position], reader=reader) for position in tour.order)
    return Share(reader, walked, tour.metres, tour_bound(places, tour.metres))


def _fairest(along: Sequence[RouteStop], readers: int) -> tuple[Sequence[RouteStop], list[int]]:
    """The tour begun where its cuts come out best, and the cuts: a tour has no beginning of its own."""
    if readers <= 1:
        return along, [0, len(along)]
    tried = []
    for turn in range(min(len(along), TURNS)):
        first = turn * len(along) // min(len(along), TURNS)
        turned = [*along[first:], *along[:first]]
        cuts = _fair_cuts(turned, readers)
        longest = max(_minutes(turned[start:end]) for start, end in itertools.pairwise(cuts))
        tried.append((longest, turn, turned, cuts))
    _, _, turned, cuts = min(tried)
    return turned, cuts


def _fair_cuts(along: Sequence[RouteStop], readers: int) -> list[int]:
    """Where to cut: the least time that all can keep to is searched, then everybody takes as much as fits in it."""
    most = _minutes(along)
    least = max(stop.minutes for stop in along)
    for _ in range(HALVINGS):
        middle = (least + most) / 2
        if _cuts_within(along, middle, readers) is None:
            least = middle
        else:
            most = middle
    return _cuts_within(along, most, readers) or _even_cuts(len(along), readers)


def _cuts_within(along: Sequence[RouteStop], minutes: float, readers: int) -> list[int] | None:
    """Cuts with which nobody needs longer, each share as full as it can be and none empty; None when it cannot be."""
    places = places_of(along)
    cuts, start, walked, spent = [0], 0, 0.0, along[0].minutes
    for position in range(1, len(along)):
        way = places[position - 1].metres_to(places[position])
        home = places[position].metres_to(places[start])
        needed = (walked + way + home) / METRES_PER_MINUTE + spent + along[position].minutes
        must_leave_some = len(along) - position <= readers - len(cuts)
        if needed > minutes or must_leave_some:
            cuts.append(position)
            start, walked, spent = position, 0.0, along[position].minutes
        else:
            walked, spent = walked + way, spent + along[position].minutes
    cuts.append(len(along))
    return cuts if len(cuts) == readers + 1 else None


def _even_cuts(stops: int, readers: int) -> list[int]:
    return [stops * number // readers for number in range(readers + 1)]


def _minutes(along: Sequence[RouteStop]) -> float:
    places = places_of(along)
    return length_of(places, range(len(places))) / METRES_PER_MINUTE + math.fsum(stop.minutes for stop in along)
