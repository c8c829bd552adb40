"""Bodies have a largest size, whether they announce it or not; headers protect every answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.body_limit import USUAL_BYTES

JSON = {"Content-Type": "application/json"}


def dripped(size: int) -> Iterator[bytes]:
    for _ in range(size // 50_000):
        yield b" " * 50_000


def test_a_long_body_is_refused_by_its_announced_length(admin: TestClient) -> None:
    response = admin.post("/api/v1/readings/now", content=b" " * (USUAL_BYTES + 1), headers=JSON)
    assert (response.status_code, response.headers["content-type"]) == (413, "application/problem+json")


def test_a_long_body_without_a_length_is_refused_when_it_has_grown(admin: TestClient) -> None:
    response = admin.post("/api/v1/readings/now", content=dripped(USUAL_BYTES + 50_000), headers=JSON)
    assert (response.status_code, response.headers["content-type"]) == (413, "application/problem+json")
    assert response.headers["connection"] == "close"


def test_a_body_of_just_the_largest_size_is_read(admin: TestClient) -> None:
    body = b'{"installation": 1}'.rjust(USUAL_BYTES)
    assert admin.post("/api/v1/readings/now", content=body, headers=JSON).status_code == 200


def test_a_fleet_to_import_may_be_longer(admin: TestClient) -> None:
    rows = b"," * (USUAL_BYTES * 2)
    response = admin.post("/api/v1/meters/import", content=rows, headers={"Content-Type": "text/csv"})
    assert response.status_code == 422


@pytest.mark.parametrize("path", ["/api/v1/health", "/api/v1/meters", "/nothing", "/api/v1/openapi.json"])
def test_every_answer_has_the_security_headers(nobody: TestClient, path: str) -> None:
    headers = nobody.get(path).headers
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers
