"""Serves an application on a socket until cancelled. Owns no signals: whoever started it decides when it ends."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastapi import FastAPI
from uvicorn import Config, Server

from api.request_deadline import DeadlineProtocol, reading_within
from headend.domain.errors import ConfigError

BACKLOG = 1024
LAST_WORDS_S = 2.0  # answers under way may end, then they are cut


class _Server(Server):
    """uvicorn without signal handlers, and with word of when it listens."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.is_listening = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self.is_listening.set()


async def serve_app(
    app: FastAPI,
    host: str,
    port: int,
    on_ready: Callable[[str], None],
    *,
    request_deadline_s: float = DeadlineProtocol.deadline_s,
) -> None:
    """Serve until cancelled; `on_ready` hears the URL. ConfigError when host or port cannot be had."""
    listener = _listen(host, port)
    config = Config(
        app,
        http=reading_within(request_deadline_s),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=LAST_WORDS_S,  # type: ignore[arg-type]  # any number of seconds works
    )
    server = _Server(config)
    app.state.is_stopping.clear()
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve(sockets=[listener]), name="http")
        try:
            await server.is_listening.wait()
            on_ready(_url(listener))
            await asyncio.Event().wait()
        finally:
            app.state.is_stopping.set()
            server.should_exit = True
            await asyncio.wait([serving])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{host!r} is no address to listen on: {error}", key="api.host") from error
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ConfigError(
            f"cannot listen on {host} port {port}: {reason}", key="api.port", remedy="choose another with --port"
        ) from error
    listener.setblocking(False)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
