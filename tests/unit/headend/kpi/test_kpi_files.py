"""Definitions as files: the shipped ones are right, and a wrong one is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from headend.domain.errors import ConfigError
from headend.kpi_files import kpi_definitions
from headend.shipped import config_root
from tests.unit.headend.kpi.fleets import TYPES

GOOD = (config_root() / "kpi" / "completeness-v1.yaml").read_text(encoding="utf-8")


def loaded(tmp_path: Path, text: str, name: str = "completeness-v1.yaml") -> str:
    (tmp_path / "kpi").mkdir(exist_ok=True)
    (tmp_path / "kpi" / name).write_text(text, encoding="utf-8")
    return kpi_definitions(tmp_path, TYPES)[0].digest


def test_every_shipped_definition_has_words_in_both_languages_and_says_whom_it_leaves_out() -> None:
    shipped = kpi_definitions(config_root(), TYPES)
    assert {one.id for one in shipped} == {
        "collection_success_rate",
        "coverage",
        "completeness",
        "timeliness",
        "clock_correct_rate",
    }
    for one in shipped:
        assert one.name_zh != one.name_en and len(one.text_en) > 60 and len(one.text_zh) > 20
        assert any("parked" in reason for reason in one.exclusions)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("numerator: received_slots", "numerator: recieved_slots", r"kpi.*yaml:9 numerator: Input should be"),
        ("active_energy_import", "active_energy_imported", "reading_type: no reading type"),
        ('target: "99.9"', 'target: "101"', "target: Input should be less than or equal to 100"),
        ("unit: percent", "unit: percent\ncolour: red", "colour: Extra inputs"),
        ("id: completeness", "id: wholeness", "holds wholeness-v1"),
        ("version: 1", "version: 2", "holds completeness-v2"),
        ("unit: percent\n", "", "unit: Field required"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, before: str, after: str, words: str) -> None:
    assert before in GOOD
    with pytest.raises(ConfigError, match=words):
        loaded(tmp_path, GOOD.replace(before, after))


def test_a_later_version_begins_later(tmp_path: Path) -> None:
    loaded(tmp_path, GOOD)
    second = GOOD.replace("version: 1", "version: 2")
    with pytest.raises(ConfigError, match="version 2 of completeness is valid no later than version 1"):
        loaded(tmp_path, second, "completeness-v2.yaml")
    loaded(tmp_path, second.replace("2020-01-01", "2026-12-01"), "completeness-v2.yaml")


def test_words_and_target_may_be_mended_but_nothing_that_makes_the_figure(tmp_path: Path) -> None:
    digest = loaded(tmp_path, GOOD)
    assert loaded(tmp_path, GOOD.replace("Completeness", "Wholeness").replace('"99.9"', '"98"')) == digest
    for before, after in (
        ("received_slots", "timely_slots"),
        ("[not_yet_installed, removed, ", "[removed, "),
        ("active_energy_import", "active_energy_export"),
        ("unit: percent", "unit: percent\ntimely_within_minutes: 61"),
        ("2020-01-01", "2020-01-02"),
    ):
        assert loaded(tmp_path, GOOD.replace(before, after)) != digest, after
