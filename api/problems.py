"""Every error as `application/problem+json` (RFC 9457): the one place that knows which error has which status."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.responses import Response

from api import refusals
from headend.domain import errors

STATUS: Mapping[type[errors.HeadEndError], HTTPStatus] = {
    errors.NotAuthorised: HTTPStatus.UNAUTHORIZED,
    errors.NotPermitted: HTTPStatus.FORBIDDEN,
    errors.UnknownMeter: HTTPStatus.NOT_FOUND,
    errors.UnknownReadingType: HTTPStatus.NOT_FOUND,
    errors.UnknownBillingBatch: HTTPStatus.NOT_FOUND,
    errors.UnknownNode: HTTPStatus.NOT_FOUND,
    errors.UnknownKpi: HTTPStatus.NOT_FOUND,
    errors.UnknownRoute: HTTPStatus.NOT_FOUND,
    errors.UnknownSpecialRead: HTTPStatus.NOT_FOUND,
    errors.UnknownWay: HTTPStatus.NOT_FOUND,
    errors.UnknownDraft: HTTPStatus.NOT_FOUND,
    errors.UnknownImport: HTTPStatus.NOT_FOUND,
    errors.UnknownLine: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.ConfigError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ImportRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.QueueFull: HTTPStatus.TOO_MANY_REQUESTS,
    errors.MeterRefused: HTTPStatus.BAD_GATEWAY,
    errors.NoAnswer: HTTPStatus.GATEWAY_TIMEOUT,
    errors.CaptureFailed: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.LineDown: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.FieldError: HTTPStatus.BAD_GATEWAY,
    errors.StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    refusals.TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
    refusals.CrossSiteRequest: HTTPStatus.FORBIDDEN,
    refusals.AskedTooMuch: HTTPStatus.UNPROCESSABLE_ENTITY,
    refusals.UnknownFrame: HTTPStatus.NOT_FOUND,
    refusals.UnknownAlarm: HTTPStatus.NOT_FOUND,
    refusals.WrongMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    refusals.BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}
RETRY_AFTER_S = 5
MEDIA_TYPE = "application/problem+json"
UNEXPECTED = "something went wrong that should not; the log of the server has the details"


class ProblemError(BaseModel):
    """One of several errors: where (`file`, `line`, `key`), what, and what helps."""

    file: str = ""
    line: int | None = None
    key: str = ""
    problem: str
    remedy: str = ""


class Problem(BaseModel):
    """A problem by RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemError] = Field(default_factory=list)


def status_of(error: errors.HeadEndError) -> HTTPStatus:
    """The status of an error: its own or its nearest ancestor's."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def problem_of(error: errors.HeadEndError) -> Problem:
    """The problem of an error of ours."""
    status = status_of(error)
    words = re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()
    return Problem(
        type=f"urn:headend:problem:{words}",
        title=status.phrase,
        status=status,
        detail=str(error) or words.replace("-", " "),
        errors=_errors(error),
    )


def problem_of_status(status: int, detail: str = "") -> Problem:
    """The problem that has no name but its status."""
    phrase = HTTPStatus(status).phrase
    return Problem(type="about:blank", title=phrase, status=status, detail=detail or phrase)


def problem_of_validation(found: Sequence[Mapping[str, object]]) -> Problem:
    """The problem of a request that does not have the documented shape."""
    wrong = [ProblemError(key=_place(error), problem=str(error["msg"])) for error in found]
    return Problem(
        type="urn:headend:problem:invalid-request",
        title=HTTPStatus.UNPROCESSABLE_ENTITY.phrase,
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        detail="; ".join(f"{error.key}: {error.problem}" for error in wrong),
        errors=wrong,
    )


def problem_of_request(error: RequestValidationError) -> Problem:
    """See `problem_of_validation`."""
    return problem_of_validation(error.errors())


def headers_of(error: errors.HeadEndError) -> dict[str, str]:
    """When to come back, and how to sign in."""
    status = status_of(error)
    if status is HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer realm="headend"'}
    if isinstance(error, refusals.TooManyAttempts):
        return {"Retry-After": str(error.retry_after_s)}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return {"Retry-After": str(RETRY_AFTER_S)}
    return {}


def respond(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as a response."""
    return Response(orjson.dumps(problem.model_dump()), problem.status, headers, media_type=MEDIA_TYPE)


def _errors(error: errors.HeadEndError) -> list[ProblemError]:
    if not isinstance(error, errors.ConfigError):
        return []
    every = error.errors if isinstance(error, errors.ImportRefused) else (error,)
    return [
        ProblemError(file=one.file, line=one.line, key=one.key, problem=one.problem, remedy=one.remedy) for one in every
    ]


def _place(error: Mapping[str, object]) -> str:
    where = error["loc"]
    return ".".join(str(part) for part in where) if isinstance(where, Sequence) else ""
