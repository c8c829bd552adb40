"""A script of faults applied to a stream of chunks, seeded: the same chunks and seed give the same outcomes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulators.faultproxy.faults import FAULTS, Direction, Hold, Outcome, Pass, Rule


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to one chunk, and the faults that did it."""

    outcomes: tuple[Outcome, ...]
    faults: tuple[str, ...]


class FaultModel:
    """One connection's luck. Each rule draws for each chunk; the faults that come up are applied one after another."""

    def __init__(self, rules: Sequence[Rule], seed: int, connection: int) -> None:
        self._rules = tuple(rules)
        self._chance = np.random.default_rng(np.random.SeedSequence([seed, connection]))
        self._held = dict.fromkeys(Direction, b"")

    def judge(self, direction: Direction, chunk: bytes) -> Verdict:
        """What becomes of a chunk. Whatever was held goes right behind it."""
        released, self._held[direction] = self._held[direction], b""
        struck: list[str] = []
        outcomes: list[Outcome] = [Pass(chunk)]
        for rule in self._rules:
            if rule.concerns(direction) and self._chance.random() < rule.share:
                struck.append(rule.fault)
                outcomes = [after for before in outcomes for after in self._apply(rule, before)]
        if released:
            outcomes.append(Pass(released))
        for outcome in outcomes:
            if isinstance(outcome, Hold):
                self._held[direction] += outcome.data
        return Verdict(tuple(o for o in outcomes if not isinstance(o, Hold)), tuple(struck))

    def _apply(self, rule: Rule, outcome: Outcome) -> list[Outcome]:
        """A fault strikes what is passed on; what is delayed or echoed already keeps its time and way."""
        if not isinstance(outcome, Pass) or not outcome.data or outcome.is_echo:
            return [outcome]
        struck = FAULTS[rule.fault](outcome.data, rule, self._chance)
        return [Pass(o.data, o.after_s + outcome.after_s, o.is_echo) if isinstance(o, Pass) else o for o in struck]
