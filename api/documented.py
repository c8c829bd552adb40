"""The OpenAPI text: what every route may answer and who may ask, taken from the tables that decide it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.access import ACCESS, Door
from api.problems import MEDIA_TYPE, Problem

DESCRIPTION = (
    "Metering head-end. Values are decimal text in the unit beside them, instants are RFC 3339 in UTC. "
    "Every error is a problem by RFC 9457."
)
Responses = dict[int | str, dict[str, Any]]  # Any: the shape that FastAPI asks for
PROBLEM = {"$ref": "#/components/schemas/Problem"}
SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "the token of POST /api/v1/session"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "headend_session"},
}


def problems(*statuses: int) -> Responses:
    """Documents that a route may answer with these problems."""
    return {status: _problem(status) for status in statuses}


def openapi_of(app: FastAPI) -> dict[str, Any]:
    """The document, made once."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
        _complete(schema)
        app.openapi_schema = schema
    return app.openapi_schema


def _complete(schema: dict[str, Any]) -> None:
    components = schema.setdefault("components", {})
    components["securitySchemes"] = SCHEMES
    components.setdefault("schemas", {}).update(_problem_schemas())
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own, which we never answer with
        components["schemas"].pop(name, None)
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _complete_operation(operation, method.upper(), path)


def _complete_operation(operation: dict[str, Any], method: str, path: str) -> None:
    responses = operation["responses"]
    required = ACCESS[f"{method} {path}"]
    added = {400, 422} if "422" in responses or "requestBody" in operation else set()
    if "requestBody" in operation:
        added |= {413}
    if method != "GET":
        added |= {403}
    if required is not Door.OPEN:
        added |= {401, 403, 503}
        operation["security"] = [{name: []} for name in SCHEMES]
    responses.pop("422", None)
    for status in sorted(added):
        responses.setdefault(str(status), _problem(status))
    operation["responses"] = dict(sorted(responses.items()))


def _problem(status: int) -> dict[str, Any]:
    return {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": PROBLEM}}}


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}
