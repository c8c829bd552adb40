"""Every member of every closed set has a word, and a shape where it needs one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any  # sets of different members

import pytest

from api.console import words
from api.console.static_files import FOLDER
from api.problems import STATUS, problem_of
from headend.domain import errors
from headend.domain.quality import Severity

SETS: tuple[Mapping[Any, str], ...] = (
    words.STATES,
    words.STATE_SHAPES,
    words.QUALITIES,
    words.SEVERITY_SHAPES,
    words.SOURCES,
    words.EVENTS,
    words.EVENT_SHAPES,
    words.LINE_STANDINGS,
    words.LINE_SHAPES,
    words.ALARM_SEVERITIES,
    words.ITEM_ERRORS,
    words.REFUSALS,
    words.CUSTOMER_CLASSES,
    words.PARKING_REASONS,
    words.NODE_KINDS,
    words.SCOPE_KINDS,
    words.OUTCOMES,
    words.OUTCOME_SHAPES,
    words.EXCLUSION_WORDS,
    words.MEASURE_WORDS,
    words.GAP_REASONS,
    words.GAP_SHAPES,
    words.PROTOCOLS,
    words.ROLES,
)


@pytest.mark.parametrize("mapping", SETS)
def test_the_words_are_total(mapping: Mapping[Any, str]) -> None:
    kind: Any = type(next(iter(mapping)))
    assert set(mapping) == set(kind)
    assert all(mapping.values())


def test_every_shape_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'symbol id="(\w+)"', (FOLDER / "icons.svg").read_text(encoding="utf-8")))
    used = {
        shape
        for mapping in (
            words.STATE_SHAPES,
            words.EVENT_SHAPES,
            words.SEVERITY_SHAPES,
            words.OUTCOME_SHAPES,
            words.LINE_SHAPES,
            words.GAP_SHAPES,
        )
        for shape in mapping.values()
    }
    assert used <= sprite
    assert len(set(words.SEVERITY_SHAPES.values())) == len(Severity)
    assert len(set(words.STATE_SHAPES.values())) == len(words.STATES), "two states never look the same"


def test_what_an_operator_meets_has_words_of_its_own() -> None:
    for kind in (errors.NoAnswer, errors.LineDown, errors.MeterRefused, errors.QueueFull, errors.StoreUnavailable):
        assert kind in STATUS
        problem = problem_of(kind("x"))
        assert words.problem_words(problem.type, problem.status) != words.ANY_PROBLEM
    assert words.problem_words("about:blank", 404) == "There is no such page."
    assert words.problem_words("about:blank", 418) == words.ANY_PROBLEM
