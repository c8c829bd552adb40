"""The OpenAPI document is complete, and random requests never find an answer it does not announce."""

from __future__ import annotations

import asyncio
from typing import Any

import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.access import ACCESS
from api.app import create_app
from headend.domain.users import Role
from tests.fakes.api_services import Site
from tests.fakes.metered_day import fill

DOCUMENT = "/api/v1/openapi.json"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SITE = Site()
asyncio.run(fill(SITE, meters=4))
SCHEMA = schemathesis.openapi.from_asgi(DOCUMENT, create_app(SITE.services)).exclude(path="/api/v1/feed")
TOKEN = SITE.token_of(Role.ADMIN)
FEW = settings(
    max_examples=14,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

AnyCase = schemathesis.Case[Any]


def test_every_route_of_the_table_is_documented_with_its_refusals(nobody: TestClient) -> None:
    paths = nobody.get(DOCUMENT).json()["paths"]
    documented = {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations}
    api = {route for route in ACCESS if "/api/" in route and DOCUMENT not in route}
    assert documented == api
    assert set(paths["/api/v1/meters"]["get"]["responses"]) == {"200", "400", "401", "403", "422", "503"}
    assert paths["/api/v1/meters"]["get"]["security"] == [{"bearer": []}, {"cookie": []}]
    assert "security" not in paths["/api/v1/health"]["get"]


def test_problems_are_documented_as_problems(nobody: TestClient) -> None:
    document = nobody.get(DOCUMENT).json()
    content = document["paths"]["/api/v1/readings/now"]["post"]["responses"]["504"]["content"]
    assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert "HTTPValidationError" not in document["components"]["schemas"]


@SCHEMA.parametrize()
@FEW
def test_an_administrator_with_random_requests(case: AnyCase) -> None:
    _try(case, {"Authorization": f"Bearer {TOKEN}"})


@SCHEMA.parametrize()
@FEW
def test_nobody_with_random_requests(case: AnyCase) -> None:
    _try(case, {})


def _try(case: AnyCase, headers: dict[str, str]) -> None:
    if case.path == "/api/v1/session" and case.method == "DELETE":
        headers = {}  # the one token has to live
    response = case.call(headers=headers)
    case.validate_response(response, checks=CHECKS)
