"""Billing over HTTP."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from fastapi.testclient import TestClient

from headend.commands.billing import COLUMNS
from headend.domain.billing import BillingPeriod
from headend.domain.readings import to_batch
from tests.fakes.api_services import ZONE, Site
from tests.fakes.meters import registers


def read_october(site: Site) -> None:
    """Meter 1 has both edges, the others have none."""
    period = BillingPeriod.of_month("2026-10", ZONE)
    readings = registers(site.types, 1, [(period.start, "100.25"), (period.end + timedelta(seconds=5), "141.75")])
    asyncio.run(site.readings.append(to_batch(readings)))


def test_close_list_show_and_export_the_same_bytes(admin: TestClient, site: Site) -> None:
    read_october(site)
    closed = admin.post("/api/v1/billing-batches", json={"period": "2026-10"})
    assert (closed.status_code, closed.headers["location"]) == (201, "/api/v1/billing-batches/1")
    batch = closed.json()
    assert set(COLUMNS) <= set(batch)
    assert (batch["lines"], batch["refused"]) == (1, 3)
    assert admin.get("/api/v1/billing-batches").json() == [batch]
    shown = admin.get("/api/v1/billing-batches/1").json()
    assert shown["billed"][0]["consumption"] == "41.50"
    assert {refusal["reason"] for refusal in shown["refusals"]} == {"no_reading_at_start"}
    first, second = (admin.get("/api/v1/billing-batches/1/export?format=csv") for _ in range(2))
    assert first.content == second.content and b"41.50" in first.content
    assert first.headers["content-disposition"] == 'attachment; filename="billing-2026-10-1.csv"'
    assert first.headers["content-type"] == "text/csv; charset=utf-8"


def test_what_cannot_be_closed_or_exported(admin: TestClient) -> None:
    assert admin.post("/api/v1/billing-batches", json={"period": "2026-13"}).status_code == 422
    assert admin.post("/api/v1/billing-batches", json={"period": "2026-11"}).status_code == 409
    assert admin.post("/api/v1/billing-batches", json={"period": "2026-10"}).status_code == 201
    assert admin.post("/api/v1/billing-batches", json={"period": "2026-10"}).status_code == 409
    assert admin.get("/api/v1/billing-batches/7").status_code == 404
    assert admin.get("/api/v1/billing-batches/1/export?format=xml").status_code == 422
