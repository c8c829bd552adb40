"""The server on a real socket: ready, port taken, slow readers cut, slow answers left alone, ends in time."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI

from api.app import create_app
from api.server import serve_app
from headend.domain.errors import ConfigError
from headend.domain.users import Role
from tests.fakes.api_services import Site

HEAD = b"GET /api/v1/health HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"


@asynccontextmanager
async def serving(app: FastAPI, deadline_s: float = 30.0) -> AsyncIterator[int]:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve_app(app, "127.0.0.1", 0, ready.set_result, request_deadline_s=deadline_s))
    url = await ready
    try:
        yield int(url.rpartition(":")[2])
    finally:
        task.cancel()
        await asyncio.wait([task])


async def closed_after(port: int, *, begin: bytes, drip: bytes = b"") -> float:
    """Seconds until the server closes a connection that sends `begin` and then drips."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()
    writer.write(begin)
    while True:
        try:
            async with asyncio.timeout(0.05):
                if not await reader.read(4096):
                    break
        except TimeoutError:
            writer.write(drip)
            assert time.monotonic() - began < 5
        except ConnectionError:
            break
    writer.close()
    return time.monotonic() - began


@pytest.mark.asyncio
async def test_a_request_that_does_not_come_whole_is_cut_at_the_deadline() -> None:
    async with serving(create_app(Site().services), deadline_s=0.5) as port:
        taken = await asyncio.gather(
            closed_after(port, begin=b""),
            closed_after(port, begin=HEAD),
            closed_after(port, begin=HEAD, drip=b"X: y\r\n"),
            closed_after(port, begin=POST, drip=b" "),
            closed_after(port, begin=HEAD + b"\r\n", drip=b"\r\n"),
            closed_after(port, begin=HEAD + b"\r\n" + HEAD, drip=b"X: y\r\n"),
        )
    assert all(0.3 < seconds < 2 for seconds in taken), taken


@pytest.mark.asyncio
async def test_a_slow_answer_is_not_cut() -> None:
    app = create_app(Site().services)

    async def slow(scope: object, receive: object, send: object) -> None:
        await asyncio.sleep(0.6)

    app.mount("/slow", slow)  # never answers, which uvicorn turns into a 500
    async with serving(app, deadline_s=0.2) as port:
        assert await closed_after(port, begin=b"GET /slow/ HTTP/1.1\r\nHost: x\r\n\r\n") > 0.55


@pytest.mark.asyncio
async def test_a_port_that_is_taken_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1 port {port}: Address already in use"):
            await serve_app(create_app(Site().services), "127.0.0.1", port, print)
    with pytest.raises(ConfigError, match="no address"):
        await serve_app(create_app(Site().services), "no.such.host.invalid", 0, print)


@pytest.mark.asyncio
async def test_it_ends_in_time_with_open_streams_and_requests_under_way() -> None:
    site = Site()
    token = await site._signed_in(Role.VIEWER)
    began = 0.0
    async with serving(create_app(site.services)) as port:
        request = f"GET /api/v1/feed HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(8)]
        for reader, writer in streams:
            writer.write(request)
            assert b"200 OK" in await reader.readline()
        half, half_writer = await asyncio.open_connection("127.0.0.1", port)
        half_writer.write(POST)
        began = time.monotonic()
    assert time.monotonic() - began < 3
    assert b"event: stopping" in await streams[0][0].read()
    assert await _rest(half) == b""


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""
