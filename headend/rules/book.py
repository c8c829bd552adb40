"""The rules in force, in one explicit mapping: a new rule is one file and one line here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headend.domain.readings import ReadingBatch
from headend.rules.rule import ValidationContext, ValidationRule
from headend.rules.validation.clock_offset import ClockOffsetRule
from headend.rules.validation.monotonic import MonotonicRule
from headend.rules.validation.plausible_range import PlausibleRangeRule
from headend.rules.validation.rollover import RolloverRule
from headend.rules.validation.spike import SpikeRule
from headend.rules.validation.unit import UnitRule

RULES: Mapping[str, type[ValidationRule]] = {
    "clock_offset": ClockOffsetRule,
    "monotonic": MonotonicRule,
    "plausible_range": PlausibleRangeRule,
    "rollover": RolloverRule,
    "spike": SpikeRule,
    "unit": UnitRule,
}


class RuleBook:
    """Applies every rule; each sets its own mark and none sees what another found."""

    def __init__(self, rules: Sequence[ValidationRule]) -> None:
        self._rules = tuple(rules)

    def validate(self, batch: ReadingBatch, context: ValidationContext) -> ReadingBatch:
        """The batch with all marks."""
        marked = batch
        for rule in self._rules:
            marked = marked.marked(rule.evaluate(batch, context), rule.quality)
        return marked
