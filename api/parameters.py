"""The kinds of parameters that several routes read, checked at the edge."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from headend.domain.instants import iso

RFC_3339 = re.compile(r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)$")
MAX_ID = 2**31 - 1


def instant(text: object) -> datetime:
    """The aware UTC instant of an RFC 3339 text; ValueError says how to write one."""
    if isinstance(text, datetime):
        return text
    if not isinstance(text, str) or not RFC_3339.match(text):
        raise ValueError("write an instant as 2026-01-31T08:00:00Z or with an offset (+ is %2B in a URL)")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("this instant is outside the calendar") from error


Instant = Annotated[
    datetime,
    BeforeValidator(instant),
    PlainSerializer(iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
InstallationId = Annotated[int, Path(alias="id", ge=1, le=MAX_ID, description="number of the meter installation")]
OfInstallation = Annotated[int, Query(alias="installation", ge=1, le=MAX_ID, description="meter installation")]
Skip = Annotated[int, Query(ge=0, le=MAX_ID, description="rows to pass over")]
