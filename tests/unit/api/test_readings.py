"""Readings over HTTP: exact text, proof, limits, and the remote read."""

from __future__ import annotations

import asyncio

import pytest
from fastapi.testclient import TestClient

from api.schemas.readings import ReadingsAnswer
from headend.domain.collection import ItemError, ItemResult, MeterAnswer
from headend.domain.errors import HeadEndError, LineDown, MeterRefused, NoAnswer, QueueFull
from tests.fakes.api_services import NOW, Site
from tests.fakes.metered_day import REPLY, REQUEST

DAY = "installation=1&type=active_energy_import&start=2026-11-24T02:00:00Z&end=2026-11-24T03:00:01Z"


def test_readings_are_exact_text_with_unit_marks_times_and_proof(admin: TestClient) -> None:
    response = admin.get(f"/api/v1/readings?{DAY}")
    readings = ReadingsAnswer.model_validate(response.json()).readings
    assert len(readings) == 5
    last = response.json()["readings"][-1]
    assert last["measured_at"] == "2026-11-24T03:00:00Z"
    assert last["received_at"] == "2026-11-24T03:00:06Z"
    assert (last["unit"], last["qualities"], last["source"]) == ("kWh", ["time_from_headend"], "scheduled")
    assert isinstance(last["value"], str)
    frame = admin.get(f"/api/v1/readings/frames/{last['frame_id']}").json()
    assert frame == {"request": REQUEST.hex(), "reply": REPLY.hex()}
    assert admin.get("/api/v1/readings/frames/999999").status_code == 404


def test_types_are_found_by_name_obis_and_data_identifier(admin: TestClient) -> None:
    same = [admin.get(f"/api/v1/readings?{DAY}".replace("active_energy_import", n)) for n in ("1-0:1.8.0", "00010000")]
    assert same[0].json() == same[1].json() != {"readings": []}


def test_an_offset_is_understood_and_a_local_time_is_not(admin: TestClient) -> None:
    local = DAY.replace("2026-11-24T02:00:00Z", "2026-11-24T10:00:00%2B08:00")
    assert admin.get(f"/api/v1/readings?{local}").json() == admin.get(f"/api/v1/readings?{DAY}").json()
    assert admin.get(f"/api/v1/readings?{DAY}".replace("02:00:00Z", "02:00:00")).status_code == 422


@pytest.mark.parametrize(
    "change",
    [("2026-11-24T02", "2025-11-01T02"), ("2026-11-24T02", "2026-11-25T02"), ("type=", "type=" + "a&type=" * 16)],
)
def test_too_much_at_once_is_refused_with_a_hint(admin: TestClient, change: tuple[str, str]) -> None:
    assert admin.get(f"/api/v1/readings?{DAY.replace(*change)}").status_code == 422


def test_every_version_of_a_reading(admin: TestClient) -> None:
    query = "installation=1&type=active_energy_import&measured_at=2026-11-24T03:00:00Z"
    readings = admin.get(f"/api/v1/readings/history?{query}").json()["readings"]
    assert len(readings) == 1
    assert readings[0]["version"] > 0


def test_a_remote_read_answers_when_its_readings_are_kept(admin: TestClient, site: Site) -> None:
    items = ["active_power", "max_demand_import"]
    answer = admin.post("/api/v1/readings/now", json={"installation": 2, "items": items}).json()
    assert [item["error"] for item in answer["items"]] == [None, "refused"]
    assert answer["items"][1]["reason"] == "no such data"
    assert answer["items"][0]["frame"]["reply"] == REPLY.hex()
    kept = {r.reading_type.name: r for r in asyncio.run(site.readings.latest(2))}
    assert kept["active_power"].text == answer["items"][0]["value"].rstrip("0").ljust(6, "0")
    assert kept["active_power"].measured_at == NOW


@pytest.mark.parametrize(
    ("error", "status"),
    [(NoAnswer("silent"), 504), (LineDown("refused"), 503), (QueueFull("busy"), 429), (MeterRefused("no"), 502)],
)
def test_each_failure_of_the_field_has_its_own_status(
    admin: TestClient, site: Site, error: HeadEndError, status: int
) -> None:
    site.gateway.answer = error
    response = admin.post("/api/v1/readings/now", json={"installation": 1})
    assert (response.status_code, response.json()["detail"]) == (status, str(error))


@pytest.mark.parametrize(("error", "status"), [(ItemError.NO_ANSWER, 504), (ItemError.LINE_DOWN, 503)])
def test_an_answer_without_a_word_of_the_meter_is_no_success(
    admin: TestClient, site: Site, error: ItemError, status: int
) -> None:
    result = ItemResult("active_power", None, None, None, "", None, NOW, error=error, reason="nothing came")
    site.gateway.answer = lambda installation, items: MeterAnswer(installation, (result,), ())
    response = admin.post("/api/v1/readings/now", json={"installation": 1})
    assert (response.status_code, response.json()["detail"]) == (status, "nothing came")


def test_gaps_of_one_meter(admin: TestClient) -> None:
    query = "since=2026-11-23T09:00:00Z&installation=1&type=1-0:1.8.0"
    gaps = admin.get(f"/api/v1/gaps?{query}").json()["gaps"]
    assert [(gap["start"], gap["slots"]) for gap in gaps] == [("2026-11-23T16:30:00Z", 3)]
    assert admin.get(f"/api/v1/gaps?{query}".replace("2026", "1999", 1)).status_code == 422
