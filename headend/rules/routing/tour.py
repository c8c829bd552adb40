"""A short closed walk past all places: nearest neighbour, then 2-opt and Or-opt, then kicks. Pure and repeatable.

2-opt turns a stretch round, Or-opt moves up to three places elsewhere; both look only at near places, and only where
something changed. A kick swaps two short stretches and keeps what the same moves make of it when that is shorter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headend.domain.routes import Place

NEAR, LONGEST_MOVED, LONGEST_KICKED = 10, 3, 40
LEAST_GAIN_M = 1e-7
SEED = 645


@dataclass(frozen=True, slots=True)
class Tour:
    """Positions of the places given, in walking order, and how far it is back to the first."""

    order: tuple[int, ...]
    metres: float


def length_of(places: Sequence[Place], order: Sequence[int]) -> float:
    """How far it is in this order and back to the first."""
    return math.fsum(places[a].metres_to(places[b]) for a, b in zip(order, (*order[1:], *order[:1]), strict=True))


def shortest_tour(places: Sequence[Place], kicks: int | None = None) -> Tour:
    """A short tour from the first place on; without `kicks` as many as pay at this size."""
    count = len(places)
    if count <= 3:
        order = list(range(count))
    else:
        walk = _Walk(places)
        walk.improve(range(count))
        walk.kick(min(3_000, 3 * count) if kicks is None else kicks)
        order = walk.tour
    first = order.index(0) if order else 0
    turned = (*order[first:], *order[:first])
    return Tour(turned, length_of(places, turned))


class _Walk:
    """A tour under improvement: `tour` lists the places, `at` says where each stands."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._x, self._y = [p.x_m for p in places], [p.y_m for p in places]
        self._near = _neighbours(places)
        self.tour = _nearest_first(places)
        self.at = [0] * len(places)
        self._note(0, len(places) - 1)

    def improve(self, dirty: Sequence[int]) -> float:
        """Apply moves until none helps near what is dirty; how many metres were saved."""
        waiting, is_waiting, saved = list(dirty), set(dirty), 0.0
        while waiting:
            place = waiting.pop()
            is_waiting.discard(place)
            gain, touched = self._turn(place)
            if not gain:
                gain, touched = self._move(place)
            saved += gain
            for one in touched:
                if one not in is_waiting:
                    is_waiting.add(one)
                    waiting.append(one)
        return saved

    def kick(self, times: int) -> None:
        """Swap two neighbouring stretches somewhere, mend, and keep it when it is shorter."""
        count = len(self.tour)
        if count < 8:
            return
        chance = np.random.default_rng(SEED)
        reach = min(LONGEST_KICKED, (count - 2) // 2)
        starts = chance.integers(0, count - 2 * reach - 1, times).tolist()
        lengths = chance.integers(1, reach, (times, 2), endpoint=True).tolist()
        for start, (first, second) in zip(starts, lengths, strict=True):
            before_tour, before_at = list(self.tour), list(self.at)
            cuts = (start, start + first, start + first + second)
            ends = [self.tour[cut + side] for cut in cuts for side in (0, 1)]
            before = sum(self._metres(ends[i], ends[i + 1]) for i in (0, 2, 4))
            stretch = self.tour[cuts[1] + 1 : cuts[2] + 1] + self.tour[cuts[0] + 1 : cuts[1] + 1]
            self.tour[cuts[0] + 1 : cuts[2] + 1] = stretch
            self._note(cuts[0] + 1, cuts[2])
            after = sum(self._metres(ends[i], ends[j]) for i, j in ((0, 3), (4, 1), (2, 5)))
            if before - after + self.improve(ends) <= LEAST_GAIN_M:
                self.tour, self.at = before_tour, before_at

    def _turn(self, a: int) -> tuple[float, Sequence[int]]:
        """The first 2-opt move at a place that saves something."""
        tour, at, count = self.tour, self.at, len(self.tour)
        for step in (1, -1):
            b = tour[(at[a] + step) % count]
            a_to_b = self._metres(a, b)
            for c in self._near[a]:
                a_to_c = self._metres(a, c)
                if a_to_c >= a_to_b:
                    break
                d = tour[(at[c] + step) % count]
                gain = a_to_b + self._metres(c, d) - a_to_c - self._metres(b, d)
                if gain > LEAST_GAIN_M:
                    first, last = (b, c) if step == 1 else (a, d)
                    self._reverse(at[first], at[last])
                    return gain, (a, b, c, d)
        return 0.0, ()

    def _move(self, a: int) -> tuple[float, Sequence[int]]:
        """The first Or-opt move of a stretch that starts or ends at a place and saves something."""
        count = len(self.tour)
        for length in range(1, min(LONGEST_MOVED, count - 3) + 1):
            for first in {self.at[a], self.at[a] - length + 1}:
                last = first + length - 1
                if first >= 0 and last < count:
                    gain, touched = self._move_stretch(first, last)
                    if gain:
                        return gain, touched
        return 0.0, ()

    def _move_stretch(self, first: int, last: int) -> tuple[float, Sequence[int]]:
        tour, count = self.tour, len(self.tour)
        s, e = tour[first], tour[last]
        before, after = tour[first - 1], tour[(last + 1) % count]
        freed = self._metres(before, s) + self._metres(e, after) - self._metres(before, after)
        for end, other in ((s, e), (e, s)):
            for c in self._near[end]:
                to_c = self._metres(end, c)
                if to_c >= freed:
                    break
                where = self.at[c]
                if first <= where <= last:
                    continue
                for step in (1, -1):
                    d = tour[(where + step) % count]
                    if first <= self.at[d] <= last:
                        continue
                    gain = freed + self._metres(c, d) - to_c - self._metres(other, d)
                    if gain > LEAST_GAIN_M:
                        left = c if step == 1 else d
                        self._insert(first, last, self.at[left], (end == s) == (step == 1))
                        return gain, (before, after, s, e, c, d)
        return 0.0, ()

    def _insert(self, first: int, last: int, left: int, keeps_direction: object) -> None:
        """Put the stretch behind position `left`."""
        stretch = self.tour[first : last + 1]
        if not keeps_direction:
            stretch.reverse()
        if left > last:
            self.tour[first : left + 1] = self.tour[last + 1 : left + 1] + stretch
            self._note(first, left)
        else:
            self.tour[left + 1 : last + 1] = stretch + self.tour[left + 1 : first]
            self._note(left + 1, last)

    def _reverse(self, first: int, last: int) -> None:
        """Turn the stretch from one position on to another round, or the rest of the tour, whichever is shorter."""
        count = len(self.tour)
        inner = (last - first) % count + 1
        if 2 * inner > count:
            first, last = (last + 1) % count, (first - 1) % count
            inner = count - inner
        if first <= last:
            self.tour[first : last + 1] = self.tour[first : last + 1][::-1]
            self._note(first, last)
            return
        for step in range(inner // 2):
            i, j = (first + step) % count, (last - step) % count
            self.tour[i], self.tour[j] = self.tour[j], self.tour[i]
            self.at[self.tour[i]], self.at[self.tour[j]] = i, j

    def _note(self, first: int, last: int) -> None:
        for position in range(first, last + 1):
            self.at[self.tour[position]] = position

    def _metres(self, a: int, b: int) -> float:
        return math.hypot(self._x[a] - self._x[b], self._y[a] - self._y[b])


def distances(places: Sequence[Place]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Metres from each to each."""
    points = np.array([(p.x_m, p.y_m) for p in places], np.float64)
    apart = points[:, None, :] - points[None, :, :]
    return np.hypot(apart[..., 0], apart[..., 1])


def _neighbours(places: Sequence[Place]) -> list[list[int]]:
    """The nearest places of each, nearest first."""
    table = distances(places)
    np.fill_diagonal(table, np.inf)
    near: list[list[int]] = np.argsort(table, axis=1, kind="stable")[:, : min(NEAR, len(places) - 1)].tolist()
    return near


def _nearest_first(places: Sequence[Place]) -> list[int]:
    """Always on to the nearest place that is left."""
    table = distances(places)
    order, here = [0], 0
    table[:, 0] = np.inf
    for _ in range(len(places) - 1):
        here = int(np.argmin(table[here]))
        table[:, here] = np.inf
        order.append(here)
    return order
