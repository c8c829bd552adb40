"""The ways to a meter and what people read, over HTTP and on the meter's page."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from headend.domain.users import Role
from headend.domain.ways import WayChoice, WayHealth, WayReason
from tests.fakes.api_services import NOW, Site
from tests.unit.api.conftest import SignedIn

WAY = {
    "rank": 2,
    "protocol": "gdw1376",
    "profile": "gdw1376-2009",
    "server_address": "1",
    "line_url": "tcp://li:secret@10.9.9.9:1",
}
ENTRY = {
    "value": "99999.50",
    "read_at": "2026-11-24T03:00:00Z",
    "reader": "Wang",
    "reason": "line cut",
    "photo": "IMG-1",
}
CSV = "rank,protocol,profile,server_address,line_url,serial_number\n"
READ = "serial_number,reading_type,value,read_at,reader\n"


def serial(admin: TestClient) -> str:
    return str(admin.get("/api/v1/meters/1").json()["serial_number"])


def test_a_meter_has_its_own_line_and_nothing_else_at_first(admin: TestClient) -> None:
    told = admin.get("/api/v1/meters/1/ways").json()
    assert (told["used"], told["since"], told["reason"]) == (1, None, "first")
    assert [(way["id"], way["rank"], way["state"]) for way in told["ways"]] == [(None, 1, "used")]
    assert admin.get("/api/v1/meters/99/ways").status_code == 404


def test_a_way_is_added_shown_without_its_password_and_ended(admin: TestClient, site: Site) -> None:
    added = admin.post("/api/v1/meters/1/ways", json=WAY)
    assert added.status_code == 201
    [_, way] = added.json()["ways"]
    assert (way["rank"], way["state"], way["added_by"]) == (2, "untried", "admin")
    assert "secret" not in added.text
    assert admin.post("/api/v1/meters/1/ways", json=WAY).status_code == 409
    assert admin.post("/api/v1/meters/1/ways", json={**WAY, "rank": 1}).status_code == 422
    site.clock.move_to(NOW + timedelta(minutes=1))
    ended = admin.delete(f"/api/v1/ways/{way['id']}").json()
    assert ended["ways"][1]["state"] == "ended"
    assert admin.delete("/api/v1/ways/99").status_code == 404


def test_a_file_of_ways_comes_in_whole_or_tells_what_is_wrong(admin: TestClient) -> None:
    good = CSV + f"2,gdw1376,gdw1376-2009,1,tcp://10.9.9.9:1,{serial(admin)}\n"
    headers = {"content-type": "text/csv"}
    bad = admin.post("/api/v1/ways/import", content=good + "x,smoke,p,1,tcp://a:1,999\n", headers=headers)
    assert bad.status_code == 422
    assert {"rank", "protocol", "serial_number"} <= {error["key"] for error in bad.json()["errors"]}
    assert admin.post("/api/v1/ways/import", content=good, headers=headers).json() == {"added": 1}


def test_which_way_is_used_since_when_and_why(admin: TestClient, site: Site) -> None:
    admin.post("/api/v1/meters/1/ways", json=WAY)
    dead = WayHealth(is_dead=True, failures=2, wait=3, failed_at=NOW - timedelta(minutes=5), problem="no answer at all")
    choice = WayChoice(2, NOW, WayReason.FAILED_OVER, "no answer at all", {1: dead, 2: WayHealth(answered_at=NOW)})
    site.steering.know(1, choice)
    told = admin.get("/api/v1/meters/1/ways").json()
    assert (told["used"], told["since"], told["reason"]) == (2, "2026-11-24T03:07:30Z", "failed_over")
    assert [(way["state"], way["next_probe_in_cycles"]) for way in told["ways"]] == [("dead", 3), ("used", 0)]
    page = admin.get("/meters/1").text
    for words in ("Way 2 is used", "the way before did not answer", "no answer at all", "does not answer"):
        assert words in page
    assert "secret" not in page


def test_a_hand_held_file_is_kept_byte_by_byte(admin: TestClient) -> None:
    content = "\ufeff" + READ + f"{serial(admin)},1-0:1.8.0,99999.50,2026-11-24T11:00,王\n"
    came = admin.post(
        "/api/v1/readings/import?file=walk.csv", content=content.encode(), headers={"content-type": "text/csv"}
    )
    assert (came.json()["readings"], came.json()["doubted"]) == (1, [])
    kept = admin.get(f"/api/v1/readings/import/{came.json()['import_id']}")
    assert kept.content == content.encode()
    assert kept.headers["etag"] == f'"{came.json()["sha256"]}"'
    again = admin.post("/api/v1/readings/import", content=content.encode(), headers={"content-type": "text/csv"})
    assert again.status_code == 409
    assert "walk.csv" in again.json()["detail"]
    assert admin.get("/api/v1/readings/import/9").status_code == 404


def test_an_entry_is_a_reading_of_its_own_source(admin: TestClient) -> None:
    entered = admin.post("/api/v1/meters/1/readings", json=ENTRY)
    assert entered.status_code == 201
    assert (entered.json()["source"], entered.json()["entered_by"]) == ("manual", "admin")
    asked = "type=active_energy_import&start=2026-11-24T03:00:00Z&end=2026-11-24T03:00:01Z"
    rows = admin.get(f"/api/v1/readings?installation=1&{asked}").json()["readings"]
    assert "manual" in {row["source"] for row in rows}
    assert admin.post("/api/v1/meters/1/readings", json=ENTRY).status_code == 409
    assert admin.post("/api/v1/meters/1/readings", json={**ENTRY, "reason": ""}).status_code == 422


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.BILLING, 403), (Role.OPERATOR, 201)])
def test_operators_and_administrators_may_enter(signed_in: SignedIn, role: Role, status: int) -> None:
    client = signed_in(role)
    assert client.post("/api/v1/meters/1/readings", json=ENTRY).status_code == status
    assert ("/meters/1/enter" in client.get("/meters/1").text) is (status == 201)


def test_the_form_on_the_page_enters_a_register_in_local_time(admin: TestClient, site: Site) -> None:
    form = {
        "reading_type": "active_energy_import",
        "value": "99999.50",
        "read_at": "2026-11-24T11:00",
        "reader": "Wang",
        "reason": "line cut",
        "photo": "",
    }
    sent = admin.post("/meters/1/enter", data=form)
    assert (sent.status_code, sent.headers["location"]) == (303, "/meters/1")
    [told] = asyncio.run(site.field_readings.newest(1, 5))
    assert told.read_at.hour == 3
    page = admin.get("/meters/1", headers={"accept-language": "zh"}).text
    assert "人工录入" in page
    assert "Wang" in page
