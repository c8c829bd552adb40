"""The PyPI package `dlt645`, kept quiet and made measurable. Nothing of ours in it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from dlt645.aio import AsyncMeterClientService, AsyncTcpClient  # type: ignore[import-untyped]  # has no stubs

NAME = "PyPI dlt645 3.2.0"


def be_quiet() -> None:
    """It logs every frame on the console and into a file; that is not what is measured."""
    logging.disable(logging.CRITICAL)


def clients(addresses: Sequence[tuple[str, int]]) -> list[AsyncMeterClientService]:
    """One client a connection. Each would copy the whole item table (0.7 s); all share the copy of the first."""
    first = AsyncMeterClientService(AsyncTcpClient(*addresses[0], timeout=5))
    made = [first]
    for host, port in addresses[1:]:
        client = object.__new__(AsyncMeterClientService)
        client.__dict__.update(first.__dict__)
        client.client = AsyncTcpClient(host, port, timeout=5)
        made.append(client)
    return made


def address_of(address: str) -> str:
    """It sends the high byte first: byte pairs are reversed."""
    return bytes.fromhex(address)[::-1].hex()
