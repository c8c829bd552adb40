"""The clocks of a site's meters, put together: what follows them, and what sets them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from headend import shipped
from headend.bootstrap.stores import Stores
from headend.clock_files import SecretsFile, clock_terms
from headend.domain.reading_types import ReadingTypeTable
from headend.ports import Clock, ClockSetter
from headend.services.correct_clock import ClockFiles, CorrectClock
from headend.services.follow_clocks import FollowClocks
from headend.services.read_now import ReadNow
from headend.settings import Settings


@dataclass(frozen=True, slots=True)
class Clocks:
    """`follow` learns, `correct` is for people, and by the hour where the site wants it so."""

    follow: FollowClocks
    correct: CorrectClock
    is_automatic: bool


def follow_clocks(stores: Stores, types: ReadingTypeTable, clock: Clock) -> FollowClocks:
    """Over the stores of a site; `load()` it before meters are read."""
    terms = clock_terms(shipped.config_root()).jumps
    return FollowClocks(stores.clocks, types, terms, clock=clock, events=stores.events)


def build_clocks(
    settings: Settings, stores: Stores, follow: FollowClocks, read_now: ReadNow, *, setter: ClockSetter, clock: Clock
) -> Clocks:
    """Decisions by the shipped table, passwords from the site's own file."""
    terms = clock_terms(shipped.config_root()).correction
    files = ClockFiles(terms, SecretsFile(Path(settings.secrets_file)), settings.zone)
    correct = CorrectClock(
        stores.registry, read_now, setter, stores.clocks, follow, files, clock=clock, events=stores.events
    )
    return Clocks(follow, correct, settings.clocks.correct_automatically)
