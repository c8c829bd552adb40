"""The console in a real Chromium: signed in, walked in both languages, live, without one console error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import RunningSite, sign_in, speak

pytestmark = pytest.mark.browser
WORDS = {
    "en": {"rate": "Read today", "silent": "Silent meters", "load": "Load", "answered": "The meter answered"},
    "zh": {"rate": "今日抄表率", "silent": "失联电表", "load": "负荷", "answered": "电表已应答"},
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_overview_and_meter_page_in_both_languages(
    page: Page, site: RunningSite, screenshots: Path, language: str
) -> None:
    words = WORDS[language]
    sign_in(page, site)
    speak(page, language)
    expect(page.locator(".rate")).to_contain_text(words["rate"])
    expect(page.locator(".rate .figure")).to_have_text(re.compile(r"^\d{1,3}\.\d%$"))
    expect(page.locator("#now")).to_contain_text(words["silent"])
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.screenshot(path=screenshots / f"overview-{language}.png", full_page=True)

    page.locator("#fleet tbody a").last.click()
    expect(page.locator("main h2").first).to_have_text(words["load"])
    expect(page.locator("#curve")).to_have_attribute("data-drawn", "96")
    page.click("#read-now")
    expect(page.locator("#said")).to_contain_text(words["answered"])
    expect(page.locator("#read-now")).to_be_enabled()
    value = page.locator("#said .value").first.inner_text()
    expect(page.locator("#values")).to_contain_text(value)
    page.screenshot(path=screenshots / f"meter-{language}.png", full_page=True)

    page.locator("[data-opens=frame]").first.click()
    expect(page.locator("#frame-body .hex").last).to_have_text(re.compile(r"^[0-9a-f]{2}( [0-9a-f]{2})+$"))
    page.screenshot(path=screenshots / f"frame-{language}.png")
    page.keyboard.press("Escape")
    expect(page.locator("#frame")).to_be_hidden()


def test_the_filter_stays_in_the_address_and_pages_turn(page: Page, site: RunningSite) -> None:
    sign_in(page, site)
    page.locator("#fleet a[rel=next]").click()
    expect(page).to_have_url(re.compile(r"skip=50"))
    page.goto("/")
    name = page.locator("#fleet tbody a").last.inner_text()
    page.fill("input[name=q]", name)
    expect(page.locator("#fleet tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?q="))
    page.reload()
    expect(page.locator("#fleet tbody tr")).to_have_count(1)
    expect(page.locator("input[name=q]")).to_have_value(name)


def test_a_row_is_patched_when_its_meter_is_heard(page: Page, site: RunningSite) -> None:
    sign_in(page, site)
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    row = page.locator("#fleet tbody tr").last
    installation = int(row.get_attribute("data-installation") or 0)
    answer = page.request.post(
        "/api/v1/readings/now", data={"installation": installation}, headers={"Origin": site.url}, timeout=30000
    )
    assert answer.ok, answer.text()
    expect(row).to_have_class("fresh")
    expect(row.locator(".is-age")).to_have_text("just now")


def test_a_lost_connection_is_said_in_words(
    page: Page, context: BrowserContext, site: RunningSite, errors: list[str]
) -> None:
    sign_in(page, site)
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.clock.install()
    context.route("**/api/v1/feed", lambda route: route.abort())
    page.goto("/")
    page.clock.run_for(8000)
    expect(page.locator("#live")).to_have_attribute("data-state", "late")
    page.clock.run_for(30000)
    expect(page.locator("#live")).to_have_text("connection lost")
    assert errors and all("ERR_FAILED" in error for error in errors), "the browser tells of the lost connection too"
    errors.clear()


def test_billing_shows_what_was_refused_and_why(page: Page, site: RunningSite, screenshots: Path) -> None:
    sign_in(page, site)
    page.click("nav a[href='/billing']")
    if page.locator("tbody a").count():
        page.locator("tbody a").first.click()
    else:
        page.get_by_role("button", name="Close this month").click()
    expect(page).to_have_url(re.compile(r"/billing/\d+$"))
    expect(page.locator("main")).to_contain_text(re.compile("no reading at the start|Nothing was refused"))
    expect(page.locator("main")).to_contain_text(re.compile(r"SHA-256 [0-9a-f]{64}"))
    page.screenshot(path=screenshots / "batch-en.png")


def test_signed_out_means_signed_out(page: Page, site: RunningSite) -> None:
    sign_in(page, site)
    page.click("header form button")
    expect(page).to_have_url(f"{site.url}/sign-in")
    page.goto("/billing")
    expect(page).to_have_url(re.compile("/sign-in"))
