"""Signing in and out: cookie and bearer, limits on guessing, no help for pages of other sites."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.sign_in_limits import network_of
from headend.domain.users import Role
from tests.fakes.api_services import Site
from tests.unit.api.conftest import client_of

RIGHT = {"name": "operator", "password": "secret"}
WRONG = {"name": "operator", "password": "guess"}


@pytest.fixture(autouse=True)
def _has_an_operator(site: Site) -> None:
    site.token_of(Role.OPERATOR)


def test_sign_in_gives_a_cookie_out_of_reach_and_a_token(nobody: TestClient) -> None:
    response = nobody.post("/api/v1/session", json=RIGHT)
    assert response.status_code == 201
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "secure" not in cookie
    assert "max-age=43200" in cookie and "expires" not in cookie, "a browser's clock need not be right"
    assert response.json()["role"] == "operator"
    by_token = client_of(nobody.app, response.json()["token"])  # type: ignore[arg-type]  # the app it was made with
    assert by_token.get("/api/v1/meters").status_code == 200
    assert nobody.get("/api/v1/meters").status_code == 200, "by cookie"


def test_the_cookie_is_secure_on_https(app: FastAPI) -> None:
    client = TestClient(app, base_url="https://headend.example")
    response = client.post("/api/v1/session", json=RIGHT)
    assert "secure" in response.headers["set-cookie"].lower()
    assert response.headers["strict-transport-security"]


def test_sign_out_ends_the_session_for_every_copy_of_the_token(nobody: TestClient) -> None:
    token = nobody.post("/api/v1/session", json=RIGHT).json()["token"]
    assert nobody.delete("/api/v1/session", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 204
    assert client_of(nobody.app, token).get("/api/v1/meters").status_code == 401  # type: ignore[arg-type]  # the app


def test_a_wrong_password_and_an_unknown_name_sound_the_same(nobody: TestClient) -> None:
    answers = [nobody.post("/api/v1/session", json=one) for one in (WRONG, {"name": "ghost", "password": "guess"})]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()


def test_the_sixth_guess_in_a_minute_is_not_even_looked_at(nobody: TestClient) -> None:
    statuses = [nobody.post("/api/v1/session", json=WRONG).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    response = nobody.post("/api/v1/session", json=RIGHT)
    assert (response.status_code, response.headers["retry-after"]) == (429, "60")


def test_a_right_password_starts_the_account_afresh(nobody: TestClient) -> None:
    nobody.headers["Origin"] = "http://testserver"
    for _ in range(3):
        statuses = [nobody.post("/api/v1/session", json=WRONG).status_code for _ in range(4)]
        assert statuses == [401] * 4
        assert nobody.post("/api/v1/session", json=RIGHT).status_code == 201


def test_one_address_may_not_try_many_names(nobody: TestClient) -> None:
    attempts = ({"name": f"user{number}", "password": "x"} for number in range(21))
    statuses = [nobody.post("/api/v1/session", json=attempt).status_code for attempt in attempts]
    assert statuses == [401] * 20 + [429]


def test_all_addresses_of_an_ipv6_network_count_as_one() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff") != network_of("2001:db8:0:1::1")
    assert network_of("10.0.0.1") != network_of("10.0.0.2")
    assert network_of("testclient") == "testclient"


@pytest.mark.parametrize(
    ("headers", "is_let_in"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "http://testserver"}, True),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_a_cookie_counts_only_on_our_own_pages(nobody: TestClient, headers: dict[str, str], is_let_in: bool) -> None:
    nobody.post("/api/v1/session", json=RIGHT)
    response = nobody.post("/api/v1/readings/now", json={"installation": 1}, headers=headers)
    assert (response.status_code == 200) is is_let_in
    assert is_let_in or response.json()["type"].endswith("cross-site-request")


def test_a_program_with_a_bearer_token_needs_no_origin(site: Site, app: FastAPI) -> None:
    client = client_of(app, site.token_of(Role.OPERATOR))
    assert client.post("/api/v1/readings/now", json={"installation": 1}).status_code == 200


def test_a_foreign_page_cannot_sign_somebody_in(nobody: TestClient) -> None:
    response = nobody.post("/api/v1/session", json=RIGHT, headers={"Origin": "http://evil.example"})
    assert response.status_code == 403
