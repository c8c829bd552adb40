"""What an event means to whoever is on duty: a short code, how bad it is, why it happens, what to look at and do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from headend.domain.events import EventKind


class AlarmSeverity(StrEnum):
    """A note needs nobody, a warning somebody in working hours, a fault somebody now."""

    NOTE = "note"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class AlarmText:
    """In one language."""

    name: str
    means: str
    cause: str
    check: str
    action: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """The entry of one kind of event; `code` never changes its meaning."""

    kind: EventKind
    code: str
    severity: AlarmSeverity
    en: AlarmText
    zh: AlarmText


AlarmCatalogue = Mapping[EventKind, Alarm]
