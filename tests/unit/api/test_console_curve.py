"""The curve: exact steps of the register, holes left open, the zone of the site."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from fastapi.testclient import TestClient

from api.console.billing import month_before
from api.console.curve import curve_of, first_slot
from api.console.fleet import read_rate
from api.console.local_times import age, clock_text, offset_text
from headend.domain.quality import ReadingQuality
from headend.domain.readings import StoredReading, to_batch
from headend.queries.fleet import FleetOverview
from tests.fakes.api_services import NOW, ZONE, Site
from tests.fakes.meters import registers

QUARTER = timedelta(minutes=15)


async def stored(values: list[tuple[int, str]]) -> list[StoredReading]:
    """Register readings at quarters counted from the first slot."""
    site, start = Site(), first_slot(NOW, ZONE, 1)
    readings = registers(site.types, 1, [(start + QUARTER * slot, text) for slot, text in values])
    await site.readings.append(to_batch(readings))
    return list(await site.readings.series(1, [1], start, NOW))


def test_energy_is_the_exact_step_and_a_hole_stays_one() -> None:
    readings = asyncio.run(stored([(0, "100.10"), (1, "100.40"), (2, "100.45"), (4, "101.00"), (5, "101.01")]))
    slots = curve_of(readings, first_slot(NOW, ZONE, 1), 1).slots
    assert [slot.energy for slot in slots[:6]] == ["0.30", "0.05", None, None, "0.01", None]
    assert len(slots) == 96


def test_a_register_that_went_back_is_shown_as_it_is() -> None:
    readings = asyncio.run(stored([(0, "100.10"), (1, "99.00")]))
    assert curve_of(readings, first_slot(NOW, ZONE, 1), 1).slots[0].energy == "-1.10"


def test_nothing_read_is_nothing_to_draw() -> None:
    assert not curve_of([], first_slot(NOW, ZONE, 1), 1).has_data


def test_slots_begin_on_the_quarter_in_the_zone_of_the_site(admin: TestClient) -> None:
    slots = admin.get("/meters/1/curve?days=1").json()["slots"]
    assert (len(slots), slots[0]["at"], slots[0]["label"]) == (96, "2026-11-23 11:15 +08:00", "11:15")
    assert [slot["is_over"] for slot in slots] == [True] * 95 + [False]
    assert (slots[-1]["power"] is None, slots[-1]["energy"]) == (False, None), "what is not over has no energy yet"
    hole = [slot["label"] for slot in slots if slot["power"] is None]
    assert hole == ["00:30", "00:45", "01:00"]
    marked = [slot["label"] for slot in admin.get("/meters/4/curve").json()["slots"] if slot["is_marked"]]
    assert marked, ReadingQuality.SPIKE


def test_times_are_local_with_offset_and_ages_have_one_unit() -> None:
    instant = datetime(2026, 6, 30, 22, 0, 5, tzinfo=UTC)
    assert (clock_text(instant, ZONE), offset_text(instant, ZONE)) == ("2026-07-01 06:00:05", "+08:00")
    assert [age(instant + timedelta(seconds=s), instant)[1] for s in (5, 61, 7300, 200000)] == [0, 1, 2, 2]


def test_a_read_rate_of_one_hundred_means_every_single_meter() -> None:
    def rate(read: int, installed: int) -> str | None:
        return read_rate(FleetOverview((), {}, read, installed, NOW))

    assert [rate(9999, 10000), rate(10000, 10000), rate(0, 3), rate(0, 0)] == ["99.9", "100.0", "0.0", None]


def test_the_month_that_is_over_is_the_sites_month() -> None:
    assert month_before(datetime(2026, 10, 31, 16, 0, tzinfo=UTC), ZONE) == "2026-10"
    assert month_before(datetime(2026, 10, 31, 15, 59, tzinfo=UTC), ZONE) == "2026-09"
