"""What no closed walk past all places can undercut: the bound of Held and Karp by 1-trees. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headend.domain.routes import Place
from headend.rules.routing.tour import distances

Weights = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Degrees = np.ndarray[tuple[int], np.dtype[np.int64]]
ROUNDS, MANY = 120, 300  # of few places four times as many, each of them quick


def tour_bound(places: Sequence[Place], tour_metres: float) -> float:
    """A length that every tour has at least; of few places more rounds are made, because each is quick.

    Each place pays or gets a toll until the cheapest 1-tree visits every place twice, which only a tour does.
    """
    if len(places) < 3:
        return tour_metres
    weights = distances(places)
    tolls = np.zeros(len(places))
    best, step, before = 0.0, 2.0, np.zeros(len(places))
    unbroken = 0
    is_many = len(places) > MANY
    for _ in range(ROUNDS if is_many else 4 * ROUNDS):
        cost, degrees = _one_tree(weights + tolls[:, None] + tolls[None, :])
        bound = cost - 2 * float(tolls.sum())
        excess = degrees - 2
        spread = float(np.square(excess).sum())
        unbroken = 0 if bound > best else unbroken + 1
        best = max(best, bound)
        if spread == 0 or step < 1e-3:
            break
        if unbroken >= (4 if is_many else 15):
            step, unbroken = step * 0.8, 0
        tolls += step * max(0.0, 1.001 * tour_metres - bound) / spread * (0.7 * excess + 0.3 * before)
        before = excess.astype(np.float64)
    return min(best, tour_metres)


def _one_tree(weights: Weights) -> tuple[float, Degrees]:
    """The cheapest tree over all places but the first, and the first's two cheapest ways; cost and degrees."""
    count = len(weights)
    degrees = np.zeros(count, np.int64)
    cheapest = weights[1].copy()
    cheapest[[0, 1]] = np.inf
    parents = np.ones(count, np.int64)
    is_out = np.ones(count, np.bool_)
    is_out[[0, 1]] = False
    cost = 0.0
    for _ in range(count - 2):
        place = int(np.argmin(cheapest))
        cost += float(cheapest[place])
        degrees[place] += 1
        degrees[parents[place]] += 1
        is_out[place] = False
        cheapest[place] = np.inf
        row = weights[place]
        is_nearer = is_out & (row < cheapest)
        cheapest[is_nearer] = row[is_nearer]
        parents[is_nearer] = place
    first, second = np.argpartition(weights[0, 1:], 1)[:2] + 1
    degrees[[0, first, second]] += (2, 1, 1)
    return cost + float(weights[0, first] + weights[0, second]), degrees
