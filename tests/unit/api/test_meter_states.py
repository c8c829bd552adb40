"""States and drafts over HTTP and in the console: listed, decided once, by those who may."""

from __future__ import annotations

import asyncio

import pytest
from fastapi.testclient import TestClient

from headend.domain.meter_states import MeterState, StateKind
from headend.domain.users import Role
from headend.shipped import config_root
from headend.state_files import state_terms
from tests.fakes.api_services import NOW, Site
from tests.unit.api.conftest import SignedIn

ACTIONS = state_terms(config_root()).actions


@pytest.fixture(autouse=True)
def stopped(site: Site) -> None:
    """The first meter has stopped."""
    kind = StateKind.STOPPED
    asyncio.run(site.states.open(MeterState(1, kind, NOW, "no step since then", 1, NOW), ACTIONS[kind]))


def test_what_stands_is_listed_with_its_evidence(admin: TestClient) -> None:
    [state] = admin.get("/api/v1/meter-states").json()["states"]
    assert (state["installation"], state["kind"], state["evidence"]) == (1, "stopped", "no step since then")
    assert admin.get("/api/v1/meter-states?meter=2").json() == {"states": []}


def test_a_draft_is_accepted_once(admin: TestClient) -> None:
    told = admin.post("/api/v1/drafts/1/accept", json={"note": "Friday"})
    assert (told.status_code, told.json()["standing"], told.json()["decided_by"]) == (200, "accepted", "admin")
    assert admin.post("/api/v1/drafts/1/dismiss", json={"note": "no"}).status_code == 409
    assert [one["note"] for one in admin.get("/api/v1/drafts").json()["drafts"]] == ["Friday"]


def test_a_dismissal_needs_a_reason_and_a_draft(admin: TestClient) -> None:
    assert admin.post("/api/v1/drafts/1/dismiss", json={"note": ""}).status_code == 422
    assert admin.post("/api/v1/drafts/9/dismiss", json={"note": "x"}).status_code == 404
    assert admin.post("/drafts/1/dismiss").status_code == 409


@pytest.mark.parametrize("role", [Role.VIEWER, Role.BILLING])
def test_who_may_only_look_decides_nothing(site: Site, signed_in: SignedIn, role: Role) -> None:
    client = signed_in(role)
    assert client.post("/api/v1/drafts/1/accept", json={}).status_code == 403
    page = client.get("/states").text
    assert "no step since then" in page and "/drafts/1/accept" not in page
    assert site.states.made[0].decided_at is None


def test_the_page_speaks_both_languages_and_its_buttons_work(admin: TestClient) -> None:
    assert ACTIONS[StateKind.STOPPED].en in admin.get("/states").text
    chinese = admin.get("/states", headers={"Cookie": "headend_language=zh", "Accept-Language": "zh"}).text
    assert "停走" in chinese and ACTIONS[StateKind.STOPPED].zh in chinese
    assert admin.post("/drafts/1/accept").headers["location"] == "/states"
    assert "No open drafts." in admin.get("/states", headers={"Accept-Language": "en"}).text
