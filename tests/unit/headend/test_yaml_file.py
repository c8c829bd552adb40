"""YAML with a shape: errors say file, line and key; YAML's habits do not get through."""

from __future__ import annotations

from pathlib import Path

import pytest

from headend.domain.errors import ConfigError
from headend.settings import Settings, load_settings
from headend.yaml_file import parse_yaml


@pytest.mark.parametrize(
    ("text", "start", "words"),
    [
        ("site:\n  nam: x\n", "site.yaml:2 site.nam", "spelling"),
        ("api:\n  host: a\n  port: no\n", "site.yaml:3 api.port", "integer"),
        ("site:\n  name: 0123\n", "site.yaml:2 site.name", "quotes"),
        ("site:\n  name: 1:30\n", "site.yaml:2 site.name", "quotes"),
        ("site: {name: a}\napi: {}\nsite: {name: b}\n", "site.yaml:3", "twice"),
        ("plans:\n- {name: a, task: registers, every_minutes: 7}\n", "site.yaml:2 plans.0.every_minutes", "divide"),
        ("plans:\n- {name: a, task: shout, every_minutes: 15}\n", "site.yaml:2 plans.0.task", "shout"),
        ("plans:\n- task: registers\n  every_minutes: 15\n", "site.yaml:2 plans.0.name", "add it"),
        ("site:\n  time_zone: Mars/Olympus\n", "site.yaml:2 site.time_zone", "IANA"),
        ("site: [\n", "site.yaml:2", "not YAML"),
        ("- a\n", "site.yaml:1", "dictionary"),
        ("site: !!python/object:os.system {}\n", "site.yaml:1", "not YAML"),
        ("? [a, b]\n: x\n", "site.yaml:1", "must be a word"),
        ("api: {port: 70000}\n", "site.yaml:1 api.port", "65535"),
        ("collectors:\n  processes: 0\n", "site.yaml:2 collectors.processes: no lines", "(give 1 to 64)"),
        ("collectors:\n  silent_after_s: 1\n", "site.yaml:2 collectors.silent_after_s: 1 s", "(give 3 to 30)"),
        ("collectors:\n  processes: two\n", "site.yaml:2 collectors.processes", "integer"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, start: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, "site.yaml", Settings)
    assert str(caught.value).startswith(start)
    assert words in str(caught.value)


def test_a_bomb_of_aliases_does_not_go_off() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    with pytest.raises(ConfigError, match="a0"):
        parse_yaml(bomb, "site.yaml", Settings)


def test_an_empty_file_is_all_defaults() -> None:
    settings = parse_yaml("", "site.yaml", Settings)
    assert settings == Settings() and settings.plans is None


def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_settings(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"site: {name: \xe9}\n")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_settings(tmp_path / "latin.yaml")
