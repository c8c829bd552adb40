"""Meters over HTTP: filter, paging, detail, import."""

from __future__ import annotations

from fastapi.testclient import TestClient

from api.schemas.meters import without_password
from headend.services.import_meters import COLUMNS

ROW = "Hill 1,residential,10,900000000001,dlt645,dlt645-2007,900000000001,tcp://10.9.9.9:1,1,2026-01-01"
CSV = {"Content-Type": "text/csv"}


def test_silent_meters_come_first_and_the_page_tells_the_total(admin: TestClient) -> None:
    answer = admin.get("/api/v1/meters?limit=2").json()
    assert answer["total"] == 4
    assert [row["state"] for row in answer["meters"]] == ["silent", "ok"]
    rest = admin.get("/api/v1/meters?skip=2").json()["meters"]
    assert len(rest) == 2


def test_filter_by_words_and_state(admin: TestClient) -> None:
    assert admin.get("/api/v1/meters?q=garden 003").json()["total"] == 1
    assert admin.get("/api/v1/meters?state=silent").json()["meters"][0]["id"] == 3
    assert admin.get("/api/v1/meters?q=nowhere").json()["total"] == 0
    assert admin.get("/api/v1/meters?state=drunk").status_code == 422


def test_a_meter_with_its_newest_values(admin: TestClient) -> None:
    answer = admin.get("/api/v1/meters/1").json()
    assert answer["last_heard"] == "2026-11-24T03:00:06Z"
    assert answer["capacity_kva"] == "40"
    values = {row["reading_type"]: row["value"] for row in answer["latest"]}
    assert values["voltage_l1"] == "231.4"


def test_import_adds_all_rows_or_none(admin: TestClient) -> None:
    header = ",".join(COLUMNS)
    answer = admin.post("/api/v1/meters/import?file=m.csv", content=f"{header}\n{ROW}\n", headers=CSV)
    assert answer.json() == {"added": 1}
    again = admin.post("/api/v1/meters/import", content=f"{header}\n{ROW}\n", headers=CSV)
    assert again.status_code == 409
    wrong = ROW.replace("Hill 1", "Hill 2").replace("residential", "royal").replace(",10,", ",ten,")
    refused = admin.post("/api/v1/meters/import?file=m.csv", content=f"{header}\n{wrong}\n", headers=CSV)
    assert refused.status_code == 422
    assert [(e["line"], e["key"]) for e in refused.json()["errors"]] == [(2, "customer_class"), (2, "capacity_kva")]
    assert "m.csv:2" in refused.json()["detail"]
    assert admin.get("/api/v1/meters").json()["total"] == 5


def test_import_refuses_what_is_no_text(admin: TestClient) -> None:
    refused = admin.post("/api/v1/meters/import", content=b"\xff\xfe", headers=CSV)
    assert refused.status_code == 422
    assert "UTF-8 at byte 0" in refused.json()["detail"]


def test_no_password_of_a_line_goes_out() -> None:
    assert without_password("mqtt://meter:secret@10.0.0.1:1883") == "mqtt://10.0.0.1:1883"
    assert without_password("serial:///dev/ttyS1?baudrate=2400") == "serial:///dev/ttyS1?baudrate=2400"
