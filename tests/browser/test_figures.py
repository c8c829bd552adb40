"""Figures, gaps and parking in a real Chromium: looked at in both languages, followed down to a meter and back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import RunningSite, sign_in, speak

pytestmark = pytest.mark.browser
WORDS = {
    "en": {"success": "Collection success rate", "feeder": "Feeder", "gaps": "meters with gaps"},
    "zh": {"success": "采集成功率", "feeder": "馈线", "gaps": "块电表有漏点|块有漏点电表"},
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_from_a_figure_down_to_a_meter(page: Page, site: RunningSite, screenshots: Path, language: str) -> None:
    words = WORDS[language]
    sign_in(page, site)
    speak(page, language)
    page.click("nav a[href='/kpi']")
    expect(page.locator(".tile").first).to_contain_text(words["success"])
    expect(page.locator(".tile .figure").first).to_have_text(re.compile(r"^\d+\.\d\d%$"))
    expect(page.locator("#kpi-chart")).to_have_attribute("data-drawn", "29")
    page.screenshot(path=screenshots / f"figures-{language}.png", full_page=True)
    page.get_by_role("link", name=words["feeder"], exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("tbody a").first.click()
    expect(page).to_have_url(re.compile(r"/kpi/collection_success_rate/.*kind=feeder"))
    page.screenshot(path=screenshots / f"figure-meters-{language}.png", full_page=True)
    page.locator(".tabs a").nth(1).click()
    expect(page.locator("tbody").first).to_contain_text(re.compile("parked on that day|当日停采"))
    page.screenshot(path=screenshots / f"figure-excluded-{language}.png", full_page=True)
    page.locator("tbody a").first.click()
    expect(page.locator(".parked")).to_contain_text("work order 4711")
    page.screenshot(path=screenshots / f"parked-meter-{language}.png", full_page=True)


def test_another_figure_is_chosen_by_its_tile(page: Page, site: RunningSite) -> None:
    sign_in(page, site)
    page.goto("/kpi")
    page.locator(".tile h2 a").nth(3).click()
    expect(page.locator(".tile.is-chosen")).to_contain_text("Timeliness")
    expect(page.locator("#kpi-chart")).to_have_attribute("data-name", "Timeliness")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_map_of_gaps_and_one_transformer_of_it(
    page: Page, site: RunningSite, screenshots: Path, language: str
) -> None:
    sign_in(page, site)
    speak(page, language)
    page.click("nav a[href='/gaps']")
    expect(page.locator("main h2")).to_contain_text(re.compile(WORDS[language]["gaps"]))
    expect(page.locator("#gap-map")).to_have_attribute("data-drawn", "60")
    page.screenshot(path=screenshots / f"gaps-{language}.png")
    page.select_option("select[name=node]", "transformer:T00")
    page.click("form.filter button")
    expect(page.locator("#gap-map")).to_have_attribute("data-drawn", "11")  # of twelve, one is parked
    page.screenshot(path=screenshots / f"gaps-transformer-{language}.png", full_page=True)


def test_a_meter_is_parked_and_taken_back(page: Page, site: RunningSite, screenshots: Path) -> None:
    sign_in(page, site)
    page.goto("/meters/40")
    expect(page.locator(".facts")).to_contain_text("Transformer")
    page.click("#parking summary")
    page.screenshot(path=screenshots / "parking-form.png", full_page=True)
    page.fill("#parking input[name=note]", "in the workshop")
    page.click("#parking form button")
    expect(page.locator(".parked")).to_contain_text("in the workshop")
    expect(page.locator("#standing")).to_contain_text("parked")
    page.click("#parking button")
    expect(page.locator(".parked")).to_have_count(0)
    expect(page.locator("#parking")).to_contain_text("in the workshop")
