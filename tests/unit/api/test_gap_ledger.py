"""The gap ledger over HTTP and in the console: why, until when, try again; files with nothing invented."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from headend.domain.gap_ledger import Attempt, GapReason
from headend.domain.instants import iso, to_us
from headend.domain.slot_runs import slot_of
from headend.domain.users import Role
from tests.fakes.api_services import NOW, Site
from tests.fakes.metered_day import NEVER, SILENT, fill
from tests.unit.api.conftest import SignedIn

HOURS = timedelta(hours=1)
EDGE = NOW.replace(minute=0, second=0)
DAY = "2026-11-24"


@pytest.fixture
def site() -> Site:
    site = Site()

    async def fill_and_look() -> None:
        await fill(site, meters=8)
        await site.keep_gaps.refresh(NOW - timedelta(days=1))
        slot = slot_of(NOW) - 4
        await site.keep_gaps.tried([Attempt(SILENT, slot, slot + 4, GapReason.NOT_SUPPORTED, to_us(NOW))])
        await site.keep_gaps.refresh(NOW)

    asyncio.run(fill_and_look())
    return site


def test_the_ledger_tells_why_and_when_next(admin: TestClient) -> None:
    found = admin.get(f"/api/v1/gaps/ledger?installation={SILENT}").json()
    assert found["total"] == len(found["gaps"])
    last = found["gaps"][-1]
    assert (last["reason"], last["tries"], last["slots"]) == ("not_supported", 1, 4)
    assert (last["final"], last["next_try"], last["end"]) == (True, None, iso(EDGE))
    assert found["gaps"][-2]["reason"] == "never_asked" and not found["gaps"][-2]["final"]
    assert admin.get("/api/v1/gaps/ledger?reason=not_supported").json()["total"] == 1
    assert admin.get("/api/v1/gaps/ledger?installation=999").status_code == 404


def test_trying_again_needs_a_role_and_makes_a_final_run_due(signed_in: SignedIn) -> None:
    operator, viewer = signed_in(Role.OPERATOR), signed_in(Role.VIEWER)
    order = {"installation": SILENT, "start": iso(EDGE - 1 * HOURS), "end": iso(EDGE)}
    assert viewer.post("/api/v1/gaps/retry", json=order).status_code == 403
    assert operator.post("/api/v1/gaps/retry", json=order).json() == {"slots": 4}
    gap = viewer.get(f"/api/v1/gaps/ledger?installation={SILENT}").json()["gaps"][-1]
    assert (gap["final"], gap["tries"], gap["reason"]) == (False, 0, "not_supported")
    assert operator.post("/api/v1/gaps/retry", json={"installation": 999}).status_code == 404


def test_parked_time_is_told_where_somebody_asks_why(admin: TestClient) -> None:
    admin.post("/api/v1/meters/1/parking", json={"reason": "under_repair", "since": iso(EDGE - 2 * HOURS)})
    asked = f"/api/v1/gaps/why?installation=1&start={iso(EDGE - 3 * HOURS)}&end={iso(EDGE)}"
    [gap] = [one for one in admin.get(asked).json()["gaps"] if one["reason"] == "parked"]
    assert (gap["start"], gap["slots"], gap["reading_type"]) == (iso(EDGE - 2 * HOURS), 8, None)


def test_the_page_of_a_day_has_the_button_for_those_who_may(signed_in: SignedIn) -> None:
    operator, viewer = signed_in(Role.OPERATOR), signed_in(Role.VIEWER)
    page = f"/gaps/meters/{SILENT}/{DAY}"
    assert "the meter keeps no load records" in operator.get(page).text
    assert "Try again now" in operator.get(page).text and "Try again now" not in viewer.get(page).text
    answer = operator.post(page + "/retry")
    assert answer.status_code == 303 and "?retried=" in answer.headers["location"]
    assert "in the next round" in operator.get(answer.headers["location"]).text
    assert viewer.post(page + "/retry").status_code == 403


def rows(client: TestClient, path: str) -> list[dict[str, str]]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_an_export_has_a_row_for_every_meter_and_slot_and_empty_cells_where_nothing_is_known(admin: TestClient) -> None:
    span = f"start={iso(EDGE - 2 * HOURS)}&end={iso(EDGE)}"
    told = rows(admin, f"/api/v1/readings/export?{span}")
    assert len(told) == 8 * 8
    of_nobody = [row for row in told if row["installation"] == str(NEVER)]
    assert {(row["value"], row["measured_at"], row["source"]) for row in of_nobody} == {("", "", "")}
    assert {row["reason"] for row in of_nobody} == {"never_asked"}
    assert all((row["value"] == "") == (row["reason"] != "") for row in told)
    silent = [row["reason"] for row in told if row["installation"] == str(SILENT)]
    assert silent == ["never_asked"] * 4 + ["not_supported"] * 4


def test_csv_and_parquet_tell_the_same(admin: TestClient) -> None:
    span = f"start={iso(EDGE - 2 * HOURS)}&end={iso(EDGE)}"
    told = rows(admin, f"/api/v1/readings/export?{span}")
    content = admin.get(f"/api/v1/readings/export?{span}&format=parquet").content
    table = pq.read_table(io.BytesIO(content)).to_pylist()
    assert [None if row["value"] is None else str(row["value"]) for row in table] == [r["value"] or None for r in told]
    assert [row["reason"] for row in table] == [row["reason"] or None for row in told]
    assert [iso(row["slot_start"]) for row in table] == [row["slot_start"] for row in told]


def test_the_ledger_itself_is_a_file_too(admin: TestClient) -> None:
    told = rows(admin, "/api/v1/gaps/export")
    assert {row["reason"] for row in told} == {"never_asked", "not_supported"}
    assert [row["next_try"] for row in told if row["final"] == "yes"] == [""]
    table = pq.read_table(io.BytesIO(admin.get("/api/v1/gaps/export?format=parquet").content))
    assert table.num_rows == len(told)


def test_too_long_a_span_is_refused(admin: TestClient) -> None:
    asked = f"start={iso(EDGE - timedelta(days=101))}&end={iso(EDGE)}"
    assert admin.get(f"/api/v1/readings/export?{asked}").status_code == 422
    assert admin.get(f"/api/v1/readings/export?start={iso(EDGE)}&end={iso(EDGE)}").status_code == 422
