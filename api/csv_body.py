"""A CSV file as the body of a request: its media type and its letters checked. Reads no cell."""

from __future__ import annotations

from starlette.requests import Request

from api.refusals import WrongMediaType
from headend.domain.errors import ConfigError

CSV_BODY = {
    "requestBody": {
        "required": True,
        "description": "UTF-8, with a header of the columns",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


async def csv_text(request: Request, file: str) -> str:
    """The text of the body; WrongMediaType, ConfigError when it is not UTF-8."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "text/csv":
        raise WrongMediaType("send the file as text/csv")
    try:
        return (await request.body()).decode()
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8 at byte {error.start}", file=file, remedy="save it as UTF-8") from error
