"""States and drafts in a real Chromium: the open drafts first, one dismissed with a note."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import RunningSite, sign_in, speak

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_draft_is_seen_and_decided(page: Page, site: RunningSite, screenshots: Path, language: str) -> None:
    sign_in(page, site)
    speak(page, language)
    page.click("nav a[href='/states']")
    rows = page.locator("#drafts tbody tr:has(form)")
    count = rows.count()
    assert count >= 2
    page.screenshot(path=screenshots / f"states-{language}.png", full_page=True)
    rows.first.locator("input[name=note]").fill("known")
    rows.first.locator("button.quiet").click()
    expect(rows).to_have_count(count - 1)
