"""Lines in a real Chromium: the worst is seen first, one is followed down to how long its answers took."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import RunningSite, sign_in, speak

pytestmark = pytest.mark.browser
WORDS = {"en": ("down", "many time-outs"), "zh": ("中断", "超时较多")}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_from_the_lines_down_to_one(page: Page, site: RunningSite, screenshots: Path, language: str) -> None:
    sign_in(page, site)
    speak(page, language)
    page.click("nav a[href='/lines']")
    rows = page.locator("#lines tbody tr")
    expect(rows).to_have_count(5)
    for number, word in enumerate(WORDS[language]):
        expect(rows.nth(number).locator(".state").first).to_have_text(word)
    page.screenshot(path=screenshots / f"lines-{language}.png", full_page=True)
    rows.nth(1).locator("a").click()
    expect(page.locator("#latency")).to_have_attribute("data-drawn", "12")
    page.screenshot(path=screenshots / f"line-{language}.png", full_page=True)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_from_an_event_to_what_to_do(page: Page, site: RunningSite, screenshots: Path, language: str) -> None:
    sign_in(page, site)
    speak(page, language)
    link = page.locator(".events a[href^='/alarms/']").first
    code = (link.get_attribute("href") or "").removeprefix("/alarms/")
    link.click()
    expect(page.locator("h1")).to_contain_text(code)
    expect(page.locator(".explained h2")).to_have_count(4)
    page.screenshot(path=screenshots / f"alarm-{language}.png", full_page=True)
    page.click("main a[href='/alarms']")
    page.screenshot(path=screenshots / f"alarms-{language}.png", full_page=True)
