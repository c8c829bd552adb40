"""Work on the stores of a site in this process, when no server holds them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from headend.commands import output
from headend.commands.site import OpenSite

if TYPE_CHECKING:
    from headend.bootstrap.head_end import HeadEnd

Result = TypeVar("Result")


def run_here(site: OpenSite, work: Callable[[HeadEnd], Awaitable[Result]]) -> Result:
    """Open the stores, do it, close them; ConfigError, StoreUnavailable."""
    from headend.bootstrap.head_end import open_head_end
    from headend.clock import SystemClock

    async def run() -> Result:
        async with open_head_end(site.settings, site.directory, SystemClock()) as head_end:
            return await work(head_end)

    return asyncio.run(run())


def text_of(file: Path) -> str:
    """The text of a file of a user; says what is wrong with it and exits when it cannot be read."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        output.fail(f"{file}: {error.strerror}", output.USAGE)
    except UnicodeDecodeError as error:
        output.fail(f"{file}: is not UTF-8 at byte {error.start} (save it as UTF-8)", output.USAGE)
