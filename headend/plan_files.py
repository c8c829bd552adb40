"""Collection plans as they lie in `config/plans` and in a site's own folder: read strictly, refused whole when wrong.

A plan of a site replaces the shipped one of its name. What no driver can read is refused, never left out silently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from headend.days_off_files import days_off
from headend.domain.collection import Priority
from headend.domain.errors import ConfigError, UnknownReadingType
from headend.domain.plans import DaysOff, Plan, PlanCalendar, PlanKind, PlanTarget, TargetKind
from headend.domain.reading_types import ReadingTypeTable
from headend.plan_shape import WEEKDAYS, PlanFile, Urgency, WhenShape
from headend.yaml_file import line_of, load_yaml

FOLDER = "plans"
PRIORITIES = {
    Urgency.HIGH: Priority.URGENT,
    Urgency.NORMAL: Priority.SCHEDULED,
    Urgency.LOW: Priority.BACKFILL,
}


@dataclass(frozen=True, slots=True)
class PlanSource:
    """A plan and the file it was read from."""

    plan: Plan
    file: Path
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class PlanFolders:
    """Where plans lie, the shipped ones first, and what their words are checked against."""

    shipped: Path
    site: Path | None
    types: ReadingTypeTable
    zone: ZoneInfo


def plan_sources(folders: PlanFolders) -> Sequence[PlanSource]:
    """All plans by name, those that are switched off too; ConfigError says file, line, field, reason and remedy."""
    found: dict[str, PlanSource] = {}
    for folder in (folders.shipped, folders.site):
        if folder is not None:
            found |= _folder(folder, folders)
    return [found[name] for name in sorted(found)]


def plans_in_force(folders: PlanFolders) -> Sequence[Plan]:
    """Those that are followed."""
    return [source.plan for source in plan_sources(folders) if source.is_enabled]


def _folder(folder: Path, folders: PlanFolders) -> Mapping[str, PlanSource]:
    found: dict[str, PlanSource] = {}
    for path in sorted(folder.glob("*.yaml")):
        source = _plan(path, folders)
        double = found.get(source.plan.name)
        if double is not None:
            problem = f"{double.file.name} is named {source.plan.name!r} too"
            raise _wrong(path, ("name",), problem, "give one of the two another name")
        found[source.plan.name] = source
    return found


def _plan(path: Path, folders: PlanFolders) -> PlanSource:
    file = load_yaml(path, PlanFile)
    _check_items(path, file, folders.types)
    kind = PlanKind(file.read.kind)
    if file.priority is not None and kind in (PlanKind.DAILY_FREEZE, PlanKind.LOAD_PROFILE):
        problem = f"a plan of {kind} always gives way, because the meter keeps what it reads"
        raise _wrong(path, ("priority",), problem, "remove the priority")
    try:
        plan = Plan(
            name=file.name,
            kind=kind,
            calendar=_calendar(path, file.when, folders),
            target=_target(file),
            items=file.read.items,
            delay=timedelta(minutes=file.when.delay_minutes),
            jitter=timedelta(minutes=file.when.jitter_minutes),
            deadline=None if file.deadline_minutes is None else timedelta(minutes=file.deadline_minutes),
            priority=PRIORITIES[file.priority or Urgency.NORMAL],
        )
    except ValueError as error:
        key = _blamed(str(error))
        raise _wrong(path, key, str(error), "see docs/plans-and-routes.md") from error
    return PlanSource(plan, path, file.enabled)


def _calendar(path: Path, when: WhenShape, folders: PlanFolders) -> PlanCalendar:
    off = DaysOff()
    if when.days_off:
        off = days_off(_days_off_file(path, when.days_off, folders))
    return PlanCalendar(
        zone=ZoneInfo(when.time_zone) if when.time_zone else folders.zone,
        every=None if when.every_minutes is None else timedelta(minutes=when.every_minutes),
        at=when.times,
        weekdays=frozenset(WEEKDAYS.index(day) for day in when.weekdays),
        month_days=frozenset(when.days_of_month),
        days_off=off,
        on_days_off=when.on_days_off,
        windows=when.daily_windows,
    )


def _days_off_file(path: Path, name: str, folders: PlanFolders) -> Path:
    """The file of the site, or the one that ships."""
    tried = list(_days_off_files(name, folders))
    for file in tried:
        if file.is_file():
            return file
    remedy = f"make {tried[-1]}, or name one of {_known_days_off(folders)}"
    raise _wrong(path, ("when", "days_off"), f"there is no file of days off {name!r}", remedy)


def _days_off_files(name: str, folders: PlanFolders) -> Iterator[Path]:
    for folder in (folders.site, folders.shipped):
        if folder is not None:
            yield folder / "days-off" / f"{name}.yaml"


def _known_days_off(folders: PlanFolders) -> str:
    both = [folder for folder in (folders.site, folders.shipped) if folder is not None]
    return ", ".join(sorted({file.stem for folder in both for file in (folder / "days-off").glob("*.yaml")})) or "none"


def _target(file: PlanFile) -> PlanTarget:
    kind, names = file.target.chosen
    return PlanTarget(TargetKind(kind), names)


def _check_items(path: Path, file: PlanFile, types: ReadingTypeTable) -> None:
    for position, item in enumerate(file.read.items):
        try:
            types.find(item)
        except UnknownReadingType as error:
            raise _wrong(
                path, ("read", "items", position), str(error), "write a name of reading_types.csv or its OBIS code"
            ) from error


def _blamed(problem: str) -> tuple[str, ...]:
    if "deadline" in problem:
        return ("deadline_minutes",)
    return ("read", "items") if "items" in problem else ("when",)


def _wrong(path: Path, key: tuple[str | int, ...], problem: str, remedy: str) -> ConfigError:
    return ConfigError(
        problem, file=str(path), line=line_of(path, key), key=".".join(str(part) for part in key), remedy=remedy
    )
