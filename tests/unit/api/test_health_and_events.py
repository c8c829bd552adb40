"""Health tells strangers little; events tell everybody who may see."""

from __future__ import annotations

from fastapi.testclient import TestClient

from tests.fakes.api_services import Site


def test_health_tells_a_stranger_only_the_state(nobody: TestClient, admin: TestClient, site: Site) -> None:
    assert nobody.get("/api/v1/health").json() == {"status": "ok", "details": None}
    site.readings.is_down = True
    assert nobody.get("/api/v1/health").json() == {"status": "degraded", "details": None}
    details = admin.get("/api/v1/health").json()["details"]
    assert details["problems"] == ["reading store: the reading store is switched off by the test"]


def test_a_head_end_that_cannot_serve_says_503_even_when_nobody_can_be_known(admin: TestClient, site: Site) -> None:
    site.registry.is_down = site.users.is_down = True
    response = admin.get("/api/v1/health")
    assert (response.status_code, response.json()) == (503, {"status": "degraded", "details": None})


def test_events_newest_first_of_all_or_of_one_meter(admin: TestClient) -> None:
    every = admin.get("/api/v1/events?limit=3").json()["events"]
    assert [event["kind"] for event in every] == ["signed_in", "server_started", "line_up"]
    assert [e["kind"] for e in admin.get("/api/v1/events?installation=3").json()["events"]] == ["meter_silent"]
    assert admin.get("/api/v1/events?installation=99").status_code == 404
