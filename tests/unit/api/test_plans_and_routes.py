"""Plans, special reads and routes over HTTP, and the pages of routes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi.testclient import TestClient

from headend.domain.users import Role
from tests.fakes.api_services import Site
from tests.fakes.walked_routes import add_routes
from tests.unit.api.conftest import SignedIn

CSV = {"Content-Type": "text/csv"}
ORDER = {"usage_point": "", "due_at": "2026-12-01T00:00:00+08:00", "reason": "contract_end", "note": "moves out"}


def made(admin: TestClient, readers: str = "&reader=Wang&reader=Li") -> dict[str, Any]:
    body = "place,x_m,y_m,minutes\nA,0,0,1\nB,900,900,1\nC,0,10,1\nD,900,910,1\n"
    answer = admin.post(f"/api/v1/routes/import?name=Old/town&kind=walk{readers}", content=body, headers=CSV)
    assert answer.status_code == 201, answer.text
    route: dict[str, Any] = answer.json()
    return route


def test_plans_say_how_many_meters_they_ask(admin: TestClient) -> None:
    daily, quarters = admin.get("/api/v1/plans").json()["plans"]
    assert (daily["kind"], daily["every_minutes"], daily["delay_minutes"]) == ("daily_freeze", 1440, 10)
    assert (quarters["kind"], quarters["meters"], quarters["last_slot"]) == ("registers", 4, None)


def test_a_special_read_is_ordered_shown_and_called_off(admin: TestClient, site: Site) -> None:
    point = asyncio.run(site.registry.installations())[0].usage_point.name
    kept = admin.post("/api/v1/special-reads", json={**ORDER, "usage_point": point})
    assert kept.status_code == 201 and kept.json()["ordered_by"] == "admin"
    assert admin.post("/api/v1/special-reads", json={**ORDER, "usage_point": point}).status_code == 409
    number = kept.json()["id"]
    assert admin.delete(f"/api/v1/special-reads/{number}").json()["state"] == "cancelled"
    assert [one["state"] for one in admin.get("/api/v1/special-reads").json()["special_reads"]] == ["cancelled"]
    assert admin.delete("/api/v1/special-reads/4711").status_code == 404


def test_a_route_is_made_improved_and_kept(admin: TestClient) -> None:
    route = made(admin)
    path = f"/api/v1/routes/{route['id']}"
    proposal = admin.post(f"{path}/proposal").json()
    assert proposal["after"]["metres"] == pytest.approx(40.0) and proposal["after"]["unassigned"] == 0
    stops = [{"name": stop["name"], "reader": stop["reader"]} for stop in proposal["route"]["stops"]]
    kept = admin.put(f"{path}/stops", json={"version": 1, "stops": stops}).json()
    assert kept["version"] == 2 and {stop["reader"] for stop in kept["stops"]} == {"Wang", "Li"}
    assert admin.get(path).json()["figures"]["metres"] == pytest.approx(40.0)


def test_a_stale_or_half_order_changes_nothing(admin: TestClient) -> None:
    route = made(admin)
    path = f"/api/v1/routes/{route['id']}/stops"
    whole = [{"name": name, "reader": ""} for name in "DCBA"]
    assert admin.put(path, json={"version": 1, "stops": whole[1:]}).status_code == 422
    assert admin.put(path, json={"version": 1, "stops": [*whole[:3], {"name": "A", "reader": "X"}]}).status_code == 422
    assert admin.put(path, json={"version": 9, "stops": whole}).status_code == 409
    assert admin.get(f"/api/v1/routes/{route['id']}").json()["route"] == route


def test_window_and_readers_are_planned(admin: TestClient) -> None:
    path = f"/api/v1/routes/{made(admin)['id']}"
    plan = {"version": 1, "responsible": "Chen", "window_start": "08:00", "window_end": "09:00", "readers": ["Zhao"]}
    kept = admin.put(f"{path}/plan", json=plan).json()
    assert (kept["responsible"], kept["readers"], kept["window_end"]) == ("Chen", ["Zhao"], "09:00")
    assert admin.put(f"{path}/plan", json={**plan, "version": 2, "window_end": "07:00"}).status_code == 422
    assert admin.put(f"{path}/plan", json={**plan, "version": 2, "readers": []}).status_code == 422
    assert admin.delete(path).status_code == 204 and admin.get(path).status_code == 404


def test_a_wrong_file_is_told_cell_by_cell(admin: TestClient) -> None:
    answer = admin.post(
        "/api/v1/routes/import?name=X&kind=walk&reader=W", content="place,x_m,y_m\nA,1,b\n", headers=CSV
    )
    assert answer.status_code == 422
    assert [(e["line"], e["key"]) for e in answer.json()["errors"]] == [(2, "y_m")]
    assert admin.get("/api/v1/routes").json() == {"routes": []}


def test_a_silent_meter_goes_last_on_its_bus(admin: TestClient, site: Site) -> None:
    asyncio.run(add_routes(site))
    bus = next(one for one in admin.get("/api/v1/routes").json()["routes"] if one["kind"] == "bus")
    site.watched.silent = frozenset({1})
    first = asyncio.run(site.registry.installation(1)).usage_point.name
    proposal = admin.post(f"/api/v1/routes/{bus['id']}/proposal").json()
    assert proposal["route"]["stops"][-1]["name"] == first and proposal["after"]["dead"] == [first]
    assert proposal["after"]["seconds"] <= proposal["before"]["seconds"] + 1.3


def test_viewers_see_routes_and_get_no_buttons(site: Site, signed_in: SignedIn) -> None:
    asyncio.run(add_routes(site))
    for role, has_buttons in ((Role.VIEWER, False), (Role.ADMIN, True)):
        client = signed_in(role)
        listed = client.get("/routes", headers={"accept": "text/html"}).text
        assert "Old town" in listed
        page = client.get("/routes/1", headers={"accept": "text/html"}).text
        assert ("data-move" in page, "optimise" in page) == (has_buttons, has_buttons)
        assert "style=" not in page and "onclick" not in page
    assert signed_in(Role.VIEWER).post("/api/v1/routes/1/proposal").status_code == 403
