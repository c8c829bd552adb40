"""Every event is explained, in both languages, by an entry, a page and a word that agree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from api.console.i18n import Catalogue, Language
from api.console.words import EVENTS
from headend.alarm_files import alarm_catalogue
from headend.alarm_pages import main, pages
from headend.domain.alarms import AlarmCatalogue
from headend.domain.errors import ConfigError
from headend.domain.events import EventKind
from headend.shipped import config_root

DOCS = Path(__file__).parents[3] / "docs" / "alarms"
CATALOGUE = alarm_catalogue(config_root())


def differing(folder: Path, catalogue: AlarmCatalogue) -> list[str]:
    """Pages that are missing, left over or not what the catalogue says."""
    wanted = pages(catalogue)
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def test_every_kind_of_event_has_its_entry_and_its_page() -> None:
    assert set(CATALOGUE) == set(EventKind)
    assert differing(DOCS, CATALOGUE) == [], "run python -m headend.alarm_pages docs/alarms"


def test_a_missing_an_old_and_a_left_over_page_are_seen(tmp_path: Path) -> None:
    main(tmp_path)
    assert differing(tmp_path, CATALOGUE) == []
    (tmp_path / "L201.md").unlink()
    (tmp_path / "M101.md").write_text("old", encoding="utf-8")
    (tmp_path / "X999.md").write_text("left over", encoding="utf-8")
    assert differing(tmp_path, CATALOGUE) == ["L201.md", "M101.md", "X999.md"]


@pytest.mark.parametrize("kind", EventKind)
def test_both_languages_say_everything_and_each_says_it_in_its_own(kind: EventKind) -> None:
    alarm = CATALOGUE[kind]
    for part in ("name", "means", "cause", "check", "action"):
        english, chinese = getattr(alarm.en, part), getattr(alarm.zh, part)
        assert english and not re.search(r"[\u4e00-\u9fff]", english), part
        assert re.search(r"[\u4e00-\u9fff]", chinese), part


@pytest.mark.parametrize("kind", EventKind)
def test_the_catalogue_and_the_console_call_an_event_the_same(kind: EventKind) -> None:
    assert CATALOGUE[kind].en.name == EVENTS[kind]
    assert CATALOGUE[kind].zh.name == Catalogue(Language.ZH).gettext(EVENTS[kind])


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("line_down", None, "no entry for line_down"),
        ("line_down.code", "L202", "code L202 is that of"),
        ("line_down.code", "down", "pattern"),
        ("line_down.severity", "awful", "'note', 'warning' or 'fault'"),
        ("line_down.zh", None, "required"),
        ("line_down.zh.action", None, "required"),
        ("line_down.en.cause", "", "at least 1 character"),
        ("line_up.also", "x", "not permitted"),
        ("no_such_event", {}, "line_down"),
    ],
)
def test_a_catalogue_that_is_not_whole_is_refused(tmp_path: Path, key: str, value: object, words: str) -> None:
    content = yaml.safe_load((config_root() / "alarms.yaml").read_text(encoding="utf-8"))
    place: Mapping[str, object] = content
    *path, last = key.split(".")
    for step in path:
        place = place[step]  # type: ignore[assignment]  # a mapping
    assert isinstance(place, dict)
    if value is None:
        del place[last]
    else:
        place[last] = value
    (tmp_path / "alarms.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(words)):
        alarm_catalogue(tmp_path)
