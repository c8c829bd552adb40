"""Every error has a status of its own and comes as problem+json."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api import refusals
from api.problems import STATUS, problem_of, status_of
from headend.domain import errors
from headend.domain.errors import ConfigError, HeadEndError, ImportRefused
from tests.fakes.api_services import Site


def every(kind: type[HeadEndError]) -> Iterator[type[HeadEndError]]:
    for child in kind.__subclasses__():
        yield child
        yield from every(child)


OURS = [kind for kind in every(HeadEndError) if kind.__module__ in (errors.__name__, refusals.__name__)]


@pytest.mark.parametrize("kind", OURS)
def test_every_error_of_ours_has_a_status(kind: type[HeadEndError]) -> None:
    assert kind in STATUS


def test_an_error_nobody_mapped_is_a_500_and_a_child_takes_its_parents_status() -> None:
    class Unheard(HeadEndError):
        pass

    class Child(errors.NoAnswer):
        pass

    assert status_of(Unheard()) == 500
    assert status_of(Child()) == 504


def test_a_refused_import_lists_every_error_with_its_place_and_remedy() -> None:
    one = ConfigError("is empty", file="m.csv", line=3, key="serial_number", remedy="fill it in")
    other = ConfigError("is no date", file="m.csv", line=9, key="installed_at", remedy="write 2026-01-31")
    problem = problem_of(ImportRefused((one, other)))
    assert problem.status == 422
    assert [(e.file, e.line, e.key, e.remedy) for e in problem.errors] == [
        ("m.csv", 3, "serial_number", "fill it in"),
        ("m.csv", 9, "installed_at", "write 2026-01-31"),
    ]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/nothing", 404),
        ("PUT", "/api/v1/meters", 405),
        ("GET", "/api/v1/meters?limit=0", 422),
        ("GET", "/api/v1/meters/999", 404),
        ("GET", "/api/v1/meters/x", 422),
        ("GET", "/api/v1/gaps?since=2026-11-20T00:00:00Z&type=warp_drive", 404),
        ("GET", "/api/v1/gaps?since=yesterday", 422),
        ("POST", "/api/v1/meters/import", 415),
    ],
)
def test_every_refusal_is_a_problem(admin: TestClient, method: str, path: str, status: int) -> None:
    response = admin.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert response.json()["detail"]


def test_the_words_of_an_invalid_request_name_the_place(admin: TestClient) -> None:
    assert "query.limit" in admin.get("/api/v1/meters?limit=0").json()["detail"]


def test_a_crash_is_a_500_that_tells_nothing_and_still_has_the_headers(admin: TestClient, site: Site) -> None:
    site.services.show_fleet._registry = None  # type: ignore[assignment]  # breaks it
    response = admin.get("/api/v1/meters")
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert "Traceback" not in response.text and "NoneType" not in response.text
    assert response.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_store_that_is_away_is_a_503_that_says_when_to_come_back(admin: TestClient, site: Site) -> None:
    site.readings.is_down = True
    response = admin.get("/api/v1/meters")
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
