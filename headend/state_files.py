"""`meter_states.yaml`: thresholds of the state rules and what to suggest. Every error says file, line and key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from headend.domain.errors import ConfigError
from headend.domain.meter_states import StateKind, SuggestedAction
from headend.rules.meter_states.book import StateRules
from headend.yaml_file import line_of, load_yaml

FILE = "meter_states.yaml"


@dataclass(frozen=True, slots=True)
class StateTerms:
    """The content of the file."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    version: int
    rules: StateRules
    actions: Mapping[StateKind, SuggestedAction]


def state_terms(root: Path) -> StateTerms:
    """The terms in force; each kind of state has an action."""
    path = root / FILE
    terms = load_yaml(path, StateTerms)
    for kind in StateKind:
        if kind not in terms.actions:
            line = line_of(path, ("actions",))
            raise ConfigError(
                "has no suggested action", file=str(path), line=line, key=f"actions.{kind}", remedy="add en and zh"
            )
    return terms
