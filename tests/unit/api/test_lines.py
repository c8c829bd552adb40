"""Lines over HTTP and on their pages: every one, the worst first, without passwords."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

from fastapi.testclient import TestClient

from headend.domain.line_health import LineHealth
from headend.domain.parking import Parking, ParkingReason
from tests.fakes.api_services import Site
from tests.fakes.meters import registration
from tests.fakes.watched_lines import bell, watch_lines

FIRST = "tcp://10.0.0.1:8899"


def more_lines(site: Site) -> None:
    rows = [registration(50 + n, line_url=f"tcp://10.0.0.{n}:8899", usage_point=f"Yard {n}") for n in (2, 3, 4, 5)]
    asyncio.run(site.registry.register(rows))


def test_the_worst_line_comes_first_and_the_unused_last(admin: TestClient, site: Site) -> None:
    more_lines(site)
    watch_lines(site)
    lines = admin.get("/api/v1/lines").json()["lines"]
    assert [(line["url"][13], line["standing"]) for line in lines] == [
        ("3", "down"),
        ("1", "impaired"),
        ("2", "up"),
        ("4", "up"),
        ("5", "unused"),
    ], "of two that are up the one with fewer answers"
    down, impaired = lines[0], lines[1]
    assert (down["reason"], down["errors"]["losses"]) == ("connection refused", 4)
    assert (impaired["success_percent"], impaired["restarts"], impaired["waiting"]) == ("79.96", 2, 14)
    assert lines[2]["terminal"]["logins"] == 2 and down["terminal"] is None
    assert lines[4]["success_percent"] is None and lines[4]["latency"]["p50_ms"] is None


def test_percentiles_and_buckets_tell_the_same_answers(admin: TestClient, site: Site) -> None:
    site.watched.told = {FIRST: LineHealth(True, latencies=bell(1000, 0.2))}
    [line] = admin.get("/api/v1/lines").json()["lines"]
    latency = line["latency"]
    assert sum(bucket["count"] for bucket in latency["buckets"]) == bell(1000, 0.2).total
    assert latency["p50_ms"] < latency["p95_ms"] < latency["p99_ms"]
    assert 128 < latency["p50_ms"] < 257
    drawn = admin.get(f"/lines/{line['id']}/latency").json()
    assert sum(drawn["counts"]) == drawn["total"] == bell(1000, 0.2).total
    assert len(drawn["labels"]) == len(drawn["counts"])


def test_a_parked_meter_is_not_counted_as_silent_as_well(admin: TestClient, site: Site) -> None:
    site.watched.silent = frozenset({1, 2, 99})
    at = site.clock.now() - timedelta(hours=1)
    asyncio.run(site.parkings.park(Parking(2, ParkingReason.UNDER_REPAIR, "", "ann", at)))
    [line] = admin.get("/api/v1/lines").json()["lines"]
    assert (line["meters"], line["silent"], line["parked"]) == (4, 1, 1)


def test_no_password_of_a_line_is_told(admin: TestClient, site: Site) -> None:
    secret = "mqtt://user:hush@10.0.0.9:1883"
    asyncio.run(site.registry.register([registration(70, line_url=secret, usage_point="Yard")]))
    site.watched.told = {secret: replace(LineHealth(), is_open=True)}
    lines = admin.get("/api/v1/lines").json()["lines"]
    line = next(line for line in lines if line["url"].startswith("mqtt"))
    asyncio.run(site.services.compute_kpis.compute(date(2026, 11, 23), "ann"))
    behind = "/kpi/coverage/2026-11-23?outcome="
    paths = ("/lines", f"/lines/{line['id']}", f"{behind}missed", f"{behind}met")
    pages = [admin.get(path).text for path in paths]
    assert sum("10.0.0.9" in page for page in pages) == 3
    assert line["url"] == "mqtt://10.0.0.9:1883" and line["standing"] == "up"
    assert not any("hush" in page for page in pages)


def test_a_line_that_no_meter_is_on_is_not_there(admin: TestClient) -> None:
    missing = admin.get("/lines/999", headers={"Accept": "text/html"})
    assert missing.status_code == 404 and "There is no such line." in missing.text
    assert admin.get("/lines/999/latency").status_code == 404
