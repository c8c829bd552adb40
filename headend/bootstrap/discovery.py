"""Discovery on one line, without registry or store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from collectors.discovery import Discovery, discover
from collectors.line_urls import parse_line
from collectors.lines import channel
from collectors.talk import Talk
from headend.clock import SystemClock
from headend.domain.collection import Priority
from headend.domain.errors import ConfigError
from protocols import dlt645

LONGEST_S = 6 * 3600.0


async def discover_line(line_url: str, timeout_s: float, asked: Callable[[int, int], None]) -> Discovery:
    """The DL/T 645 meters of a tcp or serial line; ConfigError, LineDown."""
    url = parse_line(line_url)
    if url.scheme not in ("tcp", "serial"):
        raise ConfigError("DL/T 645 meters stand on tcp and serial lines", key="url")
    owner_of_line = channel(url, SystemClock())
    owner = asyncio.create_task(owner_of_line.run())
    try:
        talk = Talk("dlt645", dlt645.Connection, lambda: discover(timeout_s, asked))
        return await owner_of_line.converse(talk, Priority.ON_DEMAND, LONGEST_S)
    finally:
        owner.cancel()
        await asyncio.gather(owner, return_exceptions=True)
