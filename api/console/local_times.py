"""Instants for people: in the zone of the site, always with the offset, and how long ago. Translates nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from api.console.words import N_

AGES: tuple[tuple[timedelta, str], ...] = (
    (timedelta(days=1), N_("%(n)s d ago")),
    (timedelta(hours=1), N_("%(n)s h ago")),
    (timedelta(minutes=1), N_("%(n)s min ago")),
)
JUST_NOW = N_("just now")


def clock_text(instant: datetime, zone: ZoneInfo) -> str:
    """2026-11-24 11:00:06"""
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def offset_text(instant: datetime, zone: ZoneInfo) -> str:
    """+08:00"""
    return instant.astimezone(zone).isoformat()[-6:]


def age(now: datetime, instant: datetime) -> tuple[str, int]:
    """The text for an age, to be translated, and its number."""
    passed = now - instant
    for unit, text in AGES:
        if passed >= unit:
            return text, passed // unit
    return JUST_NOW, 0
