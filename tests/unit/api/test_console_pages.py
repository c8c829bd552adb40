"""Every page in both languages: complete, translated, with the right things for the role."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import date

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.console import i18n
from api.console.i18n import Catalogue, Language
from api.console.rendering import Console
from headend.domain.errors import LineDown, NoAnswer
from headend.domain.users import Role
from tests.fakes.api_services import Site
from tests.fakes.metered_day import fill
from tests.fakes.placed_fleet import place
from tests.fakes.watched_lines import watch_lines
from tests.unit.api.conftest import SignedIn, client_of

HTML = {"Accept": "text/html"}
PART = {"HX-Request": "true"}
PAGES = (
    "/",
    "/?q=garden&state=silent",
    "/?q=nowhere",
    "/meters/1",
    "/meters/3?days=7",
    "/meters/7",
    "/kpi",
    "/kpi?day=2026-11-01&kpi=timeliness&kind=feeder",
    "/kpi?day=2026-11-23&kpi=nonsense&kind=nonsense",
    "/kpi?kind=line",
    "/kpi/coverage/2026-11-23",
    "/kpi/completeness/2026-11-23?kind=transformer&scope=4&outcome=missed",
    "/kpi/completeness/2026-11-23?outcome=excluded",
    "/kpi/clock_correct_rate/2026-11-23?outcome=met",
    "/gaps",
    "/gaps?days=7&node=feeder:F1",
    "/gaps?node=feeder:gone",
    "/gaps/meters/3/2026-11-24",
    "/meters/9",
    "/alarms",
    "/alarms/L203",
    "/lines",
    "/lines/1",
    "/lines/2",
    "/billing",
    "/billing/1",
    "/frames/1",
    "/sign-in",
    "/nowhere",
    "/meters/999",
)
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|javascript:")


@pytest.fixture(scope="module")
def walked() -> Site:
    """A site with a closed batch; nothing changes it."""
    site = Site()
    asyncio.run(fill(site, meters=60, days=2))
    asyncio.run(place(site))
    watch_lines(site)
    asyncio.run(site.services.compute_kpis.compute(date(2026, 11, 23), "ann"))
    asyncio.run(site.services.close_billing.close("2026-10"))
    return site


@pytest.fixture(scope="module")
def walked_app(walked: Site) -> FastAPI:
    return create_app(walked.services)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("path", PAGES)
def test_every_page_in_both_languages(walked: Site, walked_app: FastAPI, path: str, language: Language) -> None:
    client = client_of(walked_app, walked.token_of(Role.ADMIN))
    response = client.get(path, headers={**HTML, "Accept-Language": language})
    assert response.status_code == (404 if path in ("/nowhere", "/meters/999") else 200)
    assert response.headers["content-language"] == language
    assert not INLINE.search(response.text), "the content security policy allows nothing inline"
    assert (language is Language.ZH) == bool(re.search(r"[\u4e00-\u9fff]", response.text.replace("中文", "")))
    console = walked_app.state.console
    assert isinstance(console, Console)
    assert console.missing_translations()[Language.ZH] == set()


def texts() -> Iterator[str]:
    """Every text of templates and code that is marked for translation."""
    found = extract_from_dir(
        str(i18n.FOLDER.parent),
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")],
        options_map={"templates/**.html": {"newstyle_gettext": "true"}},
        keywords={"_": None, "N_": None, "gettext": None},
    )
    for _, _, text, _, _ in found:
        assert isinstance(text, str)
        yield text


def test_every_text_has_a_translation_and_every_translation_a_text() -> None:
    with (i18n.FOLDER / "zh" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale="zh")
    translated = {message.id for message in catalogue if message.id and message.string}
    wanted = set(texts())
    assert len(wanted) > 150
    assert wanted - translated == set()
    assert translated - wanted == set()
    for message in catalogue:
        if message.id:
            holes = re.compile(r"%\(\w+\)s|\{\w+\}")
            assert sorted(holes.findall(str(message.id))) == sorted(holes.findall(str(message.string))), message.id


def test_a_text_without_translation_is_noticed_and_shown_in_english() -> None:
    catalogue = Catalogue(Language.ZH)
    assert catalogue.gettext("live") == "实时"
    assert catalogue.gettext("never written") == "never written"
    assert catalogue.missing == {"never written"}


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "de,zh-Hans;q=0.5", "zh"),
        (None, "fr", "en"),
        ("zh", "en-GB", "zh"),
        ("xx", "en", "en"),
    ],
)
def test_the_language_by_cookie_then_by_the_browser(
    nobody: TestClient, cookie: str | None, accepted: str, language: str
) -> None:
    if cookie:
        nobody.cookies.set(i18n.COOKIE, cookie)
    assert nobody.get("/sign-in", headers={"Accept-Language": accepted}).headers["content-language"] == language


def test_the_switch_of_language_goes_back_to_where_it_was(nobody: TestClient) -> None:
    response = nobody.get("/language/zh?next=%2Fsign-in%3Fnext%3D%252Fbilling")
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in?next=%2Fbilling")
    assert nobody.get("/sign-in").headers["content-language"] == "zh"


def test_who_is_not_known_goes_to_sign_in_and_comes_back(nobody: TestClient, site: Site) -> None:
    site.token_of(Role.VIEWER)
    response = nobody.get("/meters/1", headers=HTML)
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in?next=%2Fmeters%2F1")
    part = nobody.get("/frames/1", headers=PART)
    assert part.headers["hx-redirect"] == "/sign-in?next=%2F"
    form = {"name": "viewer", "password": "secret", "next": "/meters/1"}
    entered = nobody.post("/sign-in", data=form)
    assert (entered.status_code, entered.headers["location"]) == (303, "/meters/1")
    assert nobody.get("/meters/1", headers=HTML).status_code == 200


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\nb"])
def test_sign_in_leads_to_no_other_site(nobody: TestClient, site: Site, onward: str) -> None:
    site.token_of(Role.VIEWER)
    form = {"name": "viewer", "password": "secret", "next": onward}
    assert nobody.post("/sign-in", data=form).headers["location"] == "/"


def test_a_wrong_password_is_said_in_words_and_the_sixth_is_not_looked_at(nobody: TestClient, site: Site) -> None:
    site.token_of(Role.VIEWER)
    answers = [nobody.post("/sign-in", data={"name": "viewer", "password": "x"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert "Name or password is wrong." in answers[0].text
    assert "Too many attempts" in answers[5].text


def test_what_a_role_may_not_do_is_not_offered(signed_in: SignedIn) -> None:
    viewer, operator, biller = (signed_in(role) for role in (Role.VIEWER, Role.OPERATOR, Role.BILLING))
    assert "read-now" in operator.get("/meters/1").text
    assert "read-now" not in viewer.get("/meters/1").text
    assert "Close this month" in biller.get("/billing").text
    assert "Close this month" not in operator.get("/billing").text
    refused = viewer.post("/meters/1/read-now", headers=PART)
    assert refused.status_code == 403 and "Your role does not allow this." in refused.text


def test_read_now_shows_the_answer_and_keeps_it(admin: TestClient) -> None:
    said = admin.post("/meters/1/read-now", headers=PART).text
    assert "The meter answered" in said and "kWh" in said
    assert "read now" in admin.get("/meters/1").text


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [(NoAnswer("3 tries"), 504, "The meter did not answer."), (LineDown("EIO"), 503, "The line to the meter is down.")],
)
def test_a_failed_read_is_said_in_words_where_it_was_asked(
    admin: TestClient, site: Site, error: Exception, status: int, words: str
) -> None:
    site.gateway.answer = error
    response = admin.post("/meters/1/read-now", headers=PART)
    assert response.status_code == status
    assert words in response.text and str(error) in response.text
    assert "<html" not in response.text


def test_names_from_outside_are_text_and_nothing_else(admin: TestClient, site: Site) -> None:
    from tests.fakes.meters import registration

    evil = registration(77, usage_point='<img src=x onerror="alert(1)">', line_url="tcp://a:b@10.0.0.77:1")
    asyncio.run(site.registry.register([evil]))
    for path in ("/?q=img", "/meters/5"):
        page = admin.get(path).text
        assert "<img" not in page and "&lt;img" in page
        assert "a:b@" not in page


def test_closing_a_month_leads_to_its_batch(signed_in: SignedIn) -> None:
    biller = signed_in(Role.BILLING)
    closed = biller.post("/billing", data={"period": "2026-10"})
    assert (closed.status_code, closed.headers["location"]) == (303, "/billing/1")
    page = biller.get("/billing/1").text
    assert "no reading at the start" in page
    again = biller.post("/billing", data={"period": "2026-10"}, headers=HTML)
    assert again.status_code == 409 and "contradicts" in again.text


def test_files_with_their_version_may_be_kept_for_ever(nobody: TestClient) -> None:
    page = nobody.get("/sign-in").text
    style = re.search(r'href="(/static/console\.css\?v=\w+)"', page)
    assert style is not None
    assert "immutable" in nobody.get(style[1]).headers["cache-control"]
    assert nobody.get("/static/console.css").headers["cache-control"] == "no-cache"
    assert nobody.get("/static/../rendering.py").status_code == 404
    assert nobody.get("/static/%2e%2e/rendering.py").status_code == 404


def test_sign_ins_do_not_push_out_what_happened_in_the_field(admin: TestClient, site: Site) -> None:
    for _ in range(20):
        site.token_of(Role.VIEWER)
    page = admin.get("/").text
    assert "Signed in" not in page and "Line down" in page
