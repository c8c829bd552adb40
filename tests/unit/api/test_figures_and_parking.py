"""Figures, parking and the grid over HTTP: who may, what is told, and what a figure is made of."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest
from fastapi.testclient import TestClient

from headend.domain.users import Role
from tests.fakes.api_services import Site
from tests.fakes.metered_day import NEVER, fill
from tests.fakes.placed_fleet import PARKED_LONG, place
from tests.unit.api.conftest import SignedIn

CSV = {"Content-Type": "text/csv"}
YESTERDAY = date(2026, 11, 23)
REPAIR = {"reason": "under_repair", "note": "in the workshop"}


@pytest.fixture
def site() -> Site:
    site = Site()
    asyncio.run(fill(site, meters=16, days=2))
    asyncio.run(place(site))
    return site


def test_an_operator_parks_and_takes_back_and_a_viewer_does_neither(signed_in: SignedIn) -> None:
    operator, viewer = signed_in(Role.OPERATOR), signed_in(Role.VIEWER)
    assert viewer.post("/api/v1/meters/1/parking", json=REPAIR).status_code == 403
    parked = operator.post("/api/v1/meters/1/parking", json=REPAIR)
    assert parked.status_code == 201
    assert (parked.json()["parked_by"], parked.json()["until"]) == ("operator", None)
    assert viewer.get("/api/v1/meters/1").json()["state"] == "parked"
    assert viewer.get("/api/v1/meters/1/parking").json()["current"]["note"] == "in the workshop"
    assert operator.post("/api/v1/meters/1/parking", json=REPAIR).status_code == 409
    assert viewer.delete("/api/v1/meters/1/parking").status_code == 403
    assert operator.delete("/api/v1/meters/1/parking").json()["ended_by"] == "operator"
    assert operator.delete("/api/v1/meters/1/parking").status_code == 409
    kinds = [event["kind"] for event in viewer.get("/api/v1/events?limit=9").json()["events"]]
    assert {"meter_parked", "meter_unparked"} <= set(kinds)


def test_a_parked_meter_can_be_read_now_and_the_answer_says_that_it_is_parked(admin: TestClient) -> None:
    asked = {"installation": 1}
    assert admin.post("/api/v1/readings/now", json=asked).json()["parked"] is None
    admin.post("/api/v1/meters/1/parking", json=REPAIR)
    answer = admin.post("/api/v1/readings/now", json=asked).json()
    assert answer["parked"]["reason"] == "under_repair" and answer["items"][0]["value"]
    said = admin.post("/meters/1/read-now", headers={"HX-Request": "true"}).text
    assert "This meter is parked" in said


def test_the_form_of_the_console_parks_until_local_midnight(admin: TestClient) -> None:
    form = {"reason": "not_yet_energised", "until": "2026-12-01", "note": ""}
    assert admin.post("/meters/2/park", data=form).headers["location"] == "/meters/2"
    assert admin.get("/api/v1/meters/2/parking").json()["current"]["until"] == "2026-11-30T16:00:00Z"
    assert admin.post("/meters/2/unpark").status_code == 303
    assert admin.post("/meters/2/park", data={"reason": "removed", "until": ""}).status_code == 303
    assert admin.post("/meters/3/park", data={"reason": "removed", "until": "2026-02-31"}).status_code == 422


def test_a_figure_and_the_meters_it_is_made_of(admin: TestClient) -> None:
    computed = admin.post(f"/api/v1/kpi/{YESTERDAY}").json()["computed"]
    assert len(computed) == 5 and {one["computed_by"] for one in computed} == {"admin"}
    assert admin.post(f"/api/v1/kpi/{YESTERDAY}").json() == {"computed": []}
    found = admin.get("/api/v1/kpi").json()
    figures = {one["kpi"]: one for one in found["figures"]}
    success = figures["collection_success_rate"]
    assert (success["numerator"], success["denominator"], success["excluded"]) == (14, 15, 1)
    assert (success["percent"], success["day"]) == ("93.33", "2026-11-23")
    url = f"/api/v1/kpi/collection_success_rate/{YESTERDAY}/meters"
    missed = admin.get(url).json()
    assert [one["installation"] for one in missed["meters"]] == [NEVER]
    assert missed["counts"] == {"missed": 1, "excluded": 1, "met": 14}
    excluded = admin.get(f"{url}?outcome=excluded").json()
    assert [(m["installation"], m["exclusion"]) for m in excluded["meters"]] == [(PARKED_LONG, "parked")]
    assert excluded["reasons"] == {"parked": 1}
    assert len(admin.get(f"{url}?outcome=met&limit=5&skip=10").json()["meters"]) == 4


def test_the_figures_of_the_parts_add_up_to_the_whole(admin: TestClient) -> None:
    admin.post(f"/api/v1/kpi/{YESTERDAY}")
    whole = admin.get("/api/v1/kpi?scope_kind=utility").json()["figures"]
    for kind in ("feeder", "transformer", "line", "customer_class", "substation"):
        parts = admin.get(f"/api/v1/kpi?scope_kind={kind}").json()["figures"]
        for figure in whole:
            mine = [one for one in parts if one["kpi"] == figure["kpi"]]
            for count in ("numerator", "denominator", "excluded"):
                assert sum(one[count] for one in mine) == figure[count], (kind, figure["kpi"])


def test_a_figure_stays_what_it_was_until_somebody_asks_for_it_once_more(admin: TestClient, site: Site) -> None:
    admin.post(f"/api/v1/kpi/{YESTERDAY}")
    admin.delete(f"/api/v1/meters/{PARKED_LONG}/parking")
    url = f"/api/v1/kpi/coverage/{YESTERDAY}"
    before = admin.get(f"{url}/meters").json()["figure"]
    again = admin.post(url).json()["computed"]
    assert [one["version"] for one in again] == [1]
    after = admin.get(f"{url}/meters").json()
    assert len(after["computations"]) == 2 and after["figure"]["denominator"] == before["denominator"]


def test_what_is_not_there_is_said(signed_in: SignedIn) -> None:
    admin, viewer = signed_in(Role.ADMIN), signed_in(Role.VIEWER)
    assert admin.get(f"/api/v1/kpi/coverage/{YESTERDAY}/meters").status_code == 404
    assert admin.post(f"/api/v1/kpi/beauty/{YESTERDAY}").status_code == 404
    assert admin.post("/api/v1/kpi/2026-11-24").status_code == 409
    assert admin.get("/api/v1/kpi?start=2026-11-02&end=2026-11-01").status_code == 422
    assert viewer.post(f"/api/v1/kpi/{YESTERDAY}").status_code == 403


def test_the_grid_by_http(signed_in: SignedIn) -> None:
    operator, viewer = signed_in(Role.OPERATOR), signed_in(Role.VIEWER)
    supply = viewer.get("/api/v1/meters/1/supply").json()
    assert [node["name"] for node in supply["path"]] == ["B000", "T00", "F1", "North"]
    text = "kind,name,parent_kind,parent,phase,valid_from\nmeter_box,B000,,T01,,2026-11-01\n"
    assert viewer.post("/api/v1/topology/import", content=text, headers=CSV).status_code == 403
    assert operator.post("/api/v1/topology/import", content=text, headers=CSV).json() == {"changed": 1}
    then = viewer.get("/api/v1/meters/1/supply?at=2026-10-31T00:00:00Z").json()
    assert [node["name"] for node in then["path"]] == ["B000", "T00", "F1", "North"]
    members = viewer.get("/api/v1/topology/members?kind=transformer&name=T01").json()["members"]
    assert [one["installation"] for one in members] == [1, 2, 3, 4, 13, 14, 15, 16]
    assert viewer.get("/api/v1/topology/members?kind=feeder&name=F9").status_code == 404
    wrong = operator.post("/api/v1/topology/import?file=g.csv", content=text.replace("T01", "T99"), headers=CSV)
    assert [(e["file"], e["line"], e["key"]) for e in wrong.json()["errors"]] == [("g.csv", 2, "parent")]
    assert operator.post("/api/v1/topology/import", content=text).status_code == 415


def test_the_map_of_gaps_counts_what_the_list_of_gaps_counts(admin: TestClient) -> None:
    found = admin.get("/gaps/map?days=7").json()
    gaps = admin.get("/api/v1/gaps?since=2026-11-17T16:00:00Z").json()["gaps"]
    by_meter: dict[int, int] = {}
    for gap in gaps:
        by_meter[gap["installation"]] = by_meter.get(gap["installation"], 0) + gap["slots"]
    drawn = {one["id"]: sum(row) for one, row in zip(found["meters"], found["missing"], strict=True)}
    assert drawn == by_meter and found["days"][-1] == "11-24"
    assert list(drawn.values()) == sorted(drawn.values(), reverse=True), "the worst come first"
    under = admin.get("/gaps/map?days=7&node=meter_box:B001").json()
    assert {one["id"] for one in under["meters"]} == {5, 6, 7, 8}
