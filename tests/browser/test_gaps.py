"""From a cell of the map of gaps to the reasons of a day, and the button that asks again, in a real Chromium."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import RunningSite, sign_in, speak
from tests.fakes.api_services import ZONE
from tests.fakes.metered_day import SILENT

pytestmark = pytest.mark.browser
WORDS = {
    "en": {"reason": "the meter has no such record", "final": "no meter can tell it any more"},
    "zh": {"reason": "电表无此记录", "final": "电表已无法提供"},
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_reasons_of_a_day(page: Page, site: RunningSite, screenshots: Path, language: str) -> None:
    words = WORDS[language]
    sign_in(page, site)
    speak(page, language)
    page.goto("/gaps?days=7")
    page.locator("details summary").click()
    page.locator("tbody a[href^='/gaps/meters/']").last.click()
    expect(page.locator("tbody").first).to_be_visible()
    page.goto(f"/gaps/meters/{SILENT}/{datetime.now(ZONE).date()}")
    expect(page.locator("tbody").first).to_be_visible()
    told = page.locator("tbody").first.inner_text()
    if not all(word in told for word in words.values()):  # the tries of the last five hours began on the day before
        page.locator("a[rel=prev]").click()
        expect(page).to_have_url(re.compile(str(datetime.now(ZONE).date() - timedelta(days=1))))
        told += page.locator("tbody").first.inner_text()
    assert all(word in told for word in words.values()), told
    page.screenshot(path=screenshots / f"gap-day-{language}.png", full_page=True)


def test_asking_again_is_said_and_makes_what_was_final_due(page: Page, site: RunningSite, screenshots: Path) -> None:
    sign_in(page, site)
    speak(page, "en")
    page.goto(f"/gaps/meters/{SILENT}/{datetime.now(ZONE).date()}")
    page.locator("form[action$='/retry'] button").click()
    expect(page.locator("main [role=status]")).to_contain_text("in the next round")
    expect(page.get_by_text("no meter can tell it any more")).to_have_count(0)
    page.screenshot(path=screenshots / "gap-day-retried.png", full_page=True)


def test_a_cell_of_the_map_opens_the_day(page: Page, site: RunningSite) -> None:
    sign_in(page, site)
    page.goto("/gaps?days=7")
    expect(page.locator("#gap-map")).to_have_attribute("data-drawn", re.compile(r"\d+"))
    box = page.locator("#gap-map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] - 40, box["y"] + 40)
    expect(page).to_have_url(re.compile(r"/gaps/meters/\d+/\d{4}-\d\d-\d\d"))
