"""Routes in a real Chromium: a walk is improved, moved by keyboard, kept, and planned; nothing inline is needed."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import RunningSite, sign_in, speak

pytestmark = pytest.mark.browser


def open_walk(page: Page, site: RunningSite, language: str) -> None:
    sign_in(page, site)
    speak(page, language)
    page.click("nav a[href='/routes']")
    page.locator("#routes a", has_text="Old town").click()
    expect(page.locator("#walk-map")).to_have_attribute("data-drawn", "60")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_walk_is_seen_and_a_better_order_is_proposed(
    page: Page, site: RunningSite, screenshots: Path, language: str
) -> None:
    open_walk(page, site, language)
    page.screenshot(path=screenshots / f"route-{language}.png", full_page=True)
    before = page.locator("#figures td").first.inner_text()
    page.click("#optimise")
    expect(page.locator("#route")).to_have_attribute("data-proposed", "yes")
    after = page.locator("#figures [data-figure=metres]").inner_text()
    assert float(after.split()[0]) < 0.6 * float(before.split()[0])
    expect(page.locator("#keep")).to_be_enabled()
    page.screenshot(path=screenshots / f"route-proposed-{language}.png", full_page=True)
    page.goto("/routes")
    page.screenshot(path=screenshots / f"routes-{language}.png", full_page=True)


def test_a_stop_moves_by_keyboard_and_the_order_is_kept(page: Page, site: RunningSite) -> None:
    open_walk(page, site, "en")
    first, second = (page.locator("#stops tbody tr").nth(n).get_attribute("data-name") or "" for n in (0, 1))
    page.locator(f"tr[data-name='{second}'] [data-move='-1']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#stops tbody tr").first).to_have_attribute("data-name", second)
    expect(page.locator(f"tr[data-name='{second}'] [data-move='-1']")).to_be_focused()
    page.click("#keep")
    expect(page.locator("#keep")).to_be_disabled()
    expect(page.locator("#stops tbody tr").first).to_have_attribute("data-name", second)
    expect(page.locator("#stops tbody tr").nth(1)).to_have_attribute("data-name", first)


def test_window_and_person_are_kept(page: Page, site: RunningSite) -> None:
    open_walk(page, site, "en")
    page.fill("input[name=responsible]", "Zhao Min")
    page.fill("input[name=window_end]", "12:30")
    page.click("#plan button")
    expect(page.locator("input[name=window_end]")).to_have_value("12:30")
    page.reload()
    expect(page.locator("input[name=responsible]")).to_have_value("Zhao Min")
    page.fill("input[name=window_end]", "18:00")
    page.click("#plan button")


def test_a_bus_shows_what_a_pass_takes(page: Page, site: RunningSite, screenshots: Path) -> None:
    sign_in(page, site)
    speak(page, "en")
    page.goto("/routes")
    page.locator("#routes a", has_text="Bus of").click()
    page.click("#optimise")
    expect(page.locator("#route")).to_have_attribute("data-proposed", "yes")
    page.screenshot(path=screenshots / "route-bus-en.png", full_page=True)
