"""The alarm catalogue as it lies in `config/alarms.yaml`: every kind of event, each with its own code."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from headend.domain.alarms import Alarm, AlarmCatalogue, AlarmSeverity, AlarmText
from headend.domain.errors import ConfigError
from headend.domain.events import EventKind
from headend.yaml_file import load_yaml


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid", str_min_length=1, str_strip_whitespace=True)

    name: str
    means: str
    cause: str
    check: str
    action: str


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=r"^[A-Z][0-9]{3}$")
    severity: AlarmSeverity
    en: _Text
    zh: _Text


def alarm_catalogue(root: Path) -> AlarmCatalogue:
    """Every kind of event with its entry, by code; ConfigError for a kind without one and for a code used twice."""
    path = root / "alarms.yaml"
    entries = load_yaml(path, dict[EventKind, _Entry])
    missing = sorted(set(EventKind) - set(entries))
    if missing:
        raise ConfigError(f"no entry for {', '.join(missing)}", file=str(path), remedy="every event is explained")
    found: dict[str, Alarm] = {}
    for kind, entry in sorted(entries.items(), key=lambda pair: pair[1].code):
        if entry.code in found:
            problem = f"code {entry.code} is that of {found[entry.code].kind} already"
            raise ConfigError(problem, file=str(path), key=f"{kind}.code", remedy="take a free number")
        found[entry.code] = Alarm(kind, entry.code, entry.severity, _text(entry.en), _text(entry.zh))
    return {alarm.kind: alarm for alarm in found.values()}


def _text(text: _Text) -> AlarmText:
    return AlarmText(text.name, text.means, text.cause, text.check, text.action)
