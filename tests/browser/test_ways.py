"""The ways on a meter's page and the form for a register by hand, in a real Chromium."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import RunningSite, sign_in, speak
from tests.fakes.api_services import ZONE
from tests.fakes.metered_ways import SEVERAL

pytestmark = pytest.mark.browser
WORDS = {
    "en": {"used": "Way 2 is used", "why": "the way before did not answer", "form": "Enter a register by hand"},
    "zh": {"used": "在用通道 2", "why": "原通道不应答", "form": "人工录入示数"},
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_which_way_is_used_and_why(page: Page, site: RunningSite, screenshots: Path, language: str) -> None:
    words = WORDS[language]
    sign_in(page, site)
    speak(page, language)
    page.goto(f"/meters/{SEVERAL}")
    ways = page.locator("#ways")
    expect(ways).to_contain_text(words["used"])
    expect(ways).to_contain_text(words["why"])
    expect(ways).not_to_contain_text("secret")
    ways.locator("summary", has_text=words["form"]).click()
    expect(ways.locator("form button")).to_be_visible()
    page.screenshot(path=screenshots / f"ways-{language}.png", full_page=True)


def test_a_register_is_entered_by_hand(page: Page, site: RunningSite) -> None:
    sign_in(page, site)
    speak(page, "en")
    page.goto(f"/meters/{SEVERAL}")
    ways = page.locator("#ways")
    ways.locator("summary", has_text=WORDS["en"]["form"]).click()
    ways.locator("[name=value]").fill("99999.75")
    ways.locator("[name=read_at]").fill((datetime.now(ZONE) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"))
    ways.locator("[name=reader]").fill("Zhang")
    ways.locator("[name=reason]").fill("terminal away")
    ways.locator("form button").click()
    expect(page.locator("#ways")).to_contain_text("Zhang")
    expect(page.locator("#ways")).to_contain_text("99999.75")
