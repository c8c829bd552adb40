"""Turns every error of a request into its answer: problem+json for programs, a page for people."""

from __future__ import annotations

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.console.rendering import console_of
from api.problems import (
    UNEXPECTED,
    Problem,
    headers_of,
    problem_of,
    problem_of_request,
    problem_of_status,
    respond,
)
from api.response_headers import protect
from headend.domain.errors import HeadEndError

log = structlog.get_logger()


def install(app: FastAPI) -> None:
    """Let these handlers answer."""
    app.add_exception_handler(HeadEndError, _on_head_end_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_unexpected_error)


async def _on_head_end_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HeadEndError)
    return _answer(request, problem_of(error), headers_of(error))


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _answer(request, problem_of_request(error))


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = "" if error.detail == "Not Found" else error.detail
    return _answer(request, problem_of_status(error.status_code, detail), dict(error.headers or {}))


async def _on_unexpected_error(request: Request, error: Exception) -> Response:
    """Runs outside all middleware: the headers have to be added here."""
    log.error("request failed", method=request.method, path=request.url.path, error=type(error).__name__)
    response = _answer(request, problem_of_status(500, UNEXPECTED))
    protect(response.headers, request.url.scheme)
    return response


def _answer(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    wants_page = "text/html" in request.headers.get("accept", "") or request.headers.get("hx-request") == "true"
    if request.url.path.startswith("/api/") or not wants_page:
        return respond(problem, headers)
    response = console_of(request).problem(request, problem)
    response.headers.update(headers or {})
    return response
