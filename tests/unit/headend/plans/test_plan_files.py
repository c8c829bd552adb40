"""Plan files: the shipped ones are the schedule of old; what is wrong is named with file, line, field and remedy."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from headend.days_off_files import days_off
from headend.domain.collection import Priority
from headend.domain.errors import ConfigError
from headend.domain.plans import OnDaysOff, PlanKind, PlanTarget, TargetKind
from headend.plan_files import PlanFolders, plan_sources, plans_in_force
from headend.shipped import config_root
from tests.fakes.batches import shipped_types

ZONE = ZoneInfo("Asia/Shanghai")
SHIPPED = config_root() / "plans"
GOOD = """\
name: night registers
read: {kind: registers, items: [active_energy_import, 1-0:2.8.0]}
for: {customer_class: [industrial]}
when:
  at: ["22:30"]
  jitter_minutes: 20
  days_of_month: [1, -1]
  days_off: cn
  on_days_off: next_working_day
  windows: ["22:00-06:00"]
  time_zone: Europe/Berlin
priority: high
deadline_minutes: 120
"""


def folders(site: Path | None = None) -> PlanFolders:
    return PlanFolders(SHIPPED, site, shipped_types(), ZONE)


def test_what_ships_is_registers_each_quarter_and_the_freeze_after_midnight() -> None:
    daily, quarters = plans_in_force(folders())
    assert (quarters.kind, quarters.calendar.every, quarters.delay) == (
        PlanKind.REGISTERS,
        timedelta(minutes=15),
        timedelta(0),
    )
    assert (daily.kind, daily.calendar.every, daily.delay) == (
        PlanKind.DAILY_FREEZE,
        timedelta(days=1),
        timedelta(minutes=10),
    )
    assert {plan.target for plan in (daily, quarters)} == {PlanTarget()}
    assert {plan.deadline for plan in (daily, quarters)} == {None}


def test_a_plan_of_a_site_says_everything(tmp_path: Path) -> None:
    (tmp_path / "night.yaml").write_text(GOOD)
    plan = next(one for one in plans_in_force(folders(tmp_path)) if one.name == "night registers")
    assert plan.target == PlanTarget(TargetKind.CUSTOMER_CLASS, ("industrial",))
    assert plan.calendar.at == (time(22, 30),) and plan.calendar.zone.key == "Europe/Berlin"
    assert plan.calendar.on_days_off is OnDaysOff.NEXT_WORKING_DAY and date(2026, 10, 1) in plan.calendar.days_off
    assert (plan.priority, plan.jitter, plan.deadline) == (
        Priority.URGENT,
        timedelta(minutes=20),
        timedelta(minutes=120),
    )


def test_a_site_replaces_a_shipped_plan_and_may_switch_it_off(tmp_path: Path) -> None:
    text = (SHIPPED / "daily-freeze.yaml").read_text() + "enabled: false\n"
    (tmp_path / "mine.yaml").write_text(text)
    assert [plan.name for plan in plans_in_force(folders(tmp_path))] == ["quarter-hour registers"]
    assert [one.is_enabled for one in plan_sources(folders(tmp_path))] == [False, True]


@pytest.mark.parametrize(
    ("old", "new", "start", "words"),
    [
        ("kind: registers", "kind: events", "2 read.kind", "no driver reads event records"),
        ("kind: registers", "kind: hourly_freeze", "2 read.kind", "load_profile"),
        ("kind: registers", "kind: monthly_freeze", "2 read.kind", "daily freeze"),
        ("kind: registers", "kind: status_words", "2 read.kind", "no driver"),
        ("kind: registers", "kind: tea", "2 read.kind", "write one of registers"),
        ("active_energy_import", "active_energy", "2 read.items.0", "reading_types.csv"),
        ("[industrial]", "[rich]", "3 for.customer_class.0", "residential"),
        ("{customer_class: [industrial]}", "{everybody: true, route: [a]}", "3 for", "write one of"),
        ("{customer_class: [industrial]}", "{everybody: false}", "3 for", "write one of"),
        ('["22:30"]', "[22:30]", "5 when.at.0", "quotes"),
        ('at: ["22:30"]', "every_minutes: 7", "5 when.every_minutes", "divide"),
        ('at: ["22:30"]', "at: []", "4 when", "one of the two"),
        ("[1, -1]", "[0]", "4 when", "day of the month"),
        ("days_off: cn", "days_off: mars", "8 when.days_off", "name one of cn"),
        ("days_off: cn", "days_off: ../../etc", "8 when.days_off", "pattern"),
        ("22:00-06:00", "22:00", "10 when.windows", "22:00-06:00"),
        ("22:00-06:00", "22:00-26:00", "10 when.windows", "time of day"),
        ("Europe/Berlin", "Mars/Olympus", "11 when.time_zone", "IANA"),
        ("priority: high", "priority: now", "12 priority", "high"),
        ("deadline_minutes: 120", "deadline_minutes: 5", "13 deadline_minutes", "after delay and jitter"),
        ("priority: high", "prioriti: high", "12 prioriti", "spelling"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, old: str, new: str, start: str, words: str) -> None:
    assert old in GOOD
    (tmp_path / "night.yaml").write_text(GOOD.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        plans_in_force(folders(tmp_path))
    assert f"night.yaml:{start}" in str(caught.value) or f" {start}" in str(caught.value)
    assert words in str(caught.value)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(ConfigError, match=r"b\.yaml:1 name: a\.yaml is named"):
        plans_in_force(folders(tmp_path))


def test_a_freeze_takes_no_priority(tmp_path: Path) -> None:
    text = GOOD.replace("registers, items: [active_energy_import, 1-0:2.8.0]", "daily_freeze")
    (tmp_path / "night.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"12 priority: .*gives way"):
        plans_in_force(folders(tmp_path))


def test_a_day_that_is_off_and_worked_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("source: me\nholidays:\n- {day: 2026-01-01, name: a}\nworking_days: [2026-01-01]\n")
    with pytest.raises(ConfigError, match=r"x\.yaml:4 working_days\.0: .*holiday"):
        days_off(path)


def test_days_off_of_2026_have_33_holidays_and_worked_weekends() -> None:
    off = days_off(SHIPPED / "days-off" / "cn.yaml")
    assert len(off.holidays) == 33
    assert date(2026, 2, 16) in off and date(2026, 11, 28) in off
    assert date(2026, 2, 14) not in off and date(2026, 11, 24) not in off
