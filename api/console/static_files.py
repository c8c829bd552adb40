"""Scripts, styles and icons: open to everybody, cached by their version. Nothing of the site lies among them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC_PATH = "/static"
FOLDER = Path(__file__).parent / "static"
FOR_LONG = "public, max-age=31536000, immutable"


class ConsoleFiles(StaticFiles):
    """The folder `static`; an address with its version may be cached for ever."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """See StaticFiles."""
        response = await super().get_response(path, scope)
        cached = FOR_LONG if scope["query_string"].startswith(b"v=") else "no-cache"
        MutableHeaders(raw=response.raw_headers)["Cache-Control"] = cached
        return response


def versions() -> dict[str, str]:
    """For each file its address with a version that changes when its content does."""
    return {
        str(path.relative_to(FOLDER)): f"{STATIC_PATH}/{path.relative_to(FOLDER)}?v={_version(path)}"
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file() and path.suffix in (".js", ".css", ".svg")
    }


def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
