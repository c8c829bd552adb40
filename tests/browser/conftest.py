"""A site to look at, a real Chromium, and a page that fails the test on any console error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from api.console.vendor import STATIC, wanted

CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SIZE = {"width": 1440, "height": 900}


@dataclass(frozen=True)
class RunningSite:
    """Where it is and who may come in."""

    url: str
    name: str
    password: str


@pytest.fixture(scope="session")
def site() -> Iterator[RunningSite]:
    """The site of HEADEND_BROWSER_SITE (JSON with url, name and password), or one of twins that lives as long."""
    given = os.environ.get("HEADEND_BROWSER_SITE")
    if given:
        yield RunningSite(**json.loads(given))
        return
    assert all(file.is_in(STATIC / "vendor") for file in wanted()), "run python -m api.console.vendor first"
    command = [sys.executable, "-m", "tests.browser.serve_twins", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        try:
            assert process.stdout is not None
            yield RunningSite(**json.loads(process.stdout.readline()))
        finally:
            process.terminate()


@pytest.fixture(scope="module")  # it keeps an event loop in this thread, which no other module could bear
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures go: HEADEND_SCREENSHOTS, or a temporary folder."""
    given = os.environ.get("HEADEND_SCREENSHOTS")
    folder = Path(given) if given else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def errors() -> list[str]:
    """What the pages of this test complained of; must be empty in the end."""
    return []


@pytest.fixture
def context(browser: Browser, site: RunningSite) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=site.url, viewport=SIZE, locale="en-GB")  # type: ignore[arg-type]  # a size
    context.set_default_timeout(8000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, errors: list[str]) -> Iterator[Page]:
    page = context.new_page()

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            errors.append(f"{message.type}: {message.text}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: errors.append(f"uncaught: {error}"))
    yield page
    assert errors == []


def sign_in(page: Page, site: RunningSite) -> None:
    """Through the form, as people do."""
    page.goto("/")
    expect(page).to_have_url(f"{site.url}/sign-in?next=%2F")
    page.fill("input[name=name]", site.name)
    page.fill("input[name=password]", site.password)
    page.press("input[name=password]", "Enter")
    expect(page.locator("#fleet")).to_be_visible()


def speak(page: Page, language: str) -> None:
    """Switch the language by its link, if it is not spoken already."""
    link = page.locator(f"header a[hreflang={language}]")
    if link.count():
        link.click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans" if language == "zh" else "en")
