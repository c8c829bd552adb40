"""TCP to a serial-over-TCP gateway or a meter: one connection, dead peers noticed by the kernel."""

from __future__ import annotations

import asyncio
import socket

from collectors.transports.opened import OpenedPipe
from collectors.transports.pipe import ReceivingPipe

CONNECT_TIMEOUT_S = 5.0
USER_TIMEOUT_MS = 15_000  # unacknowledged bytes: the peer is gone (default would be many minutes)
KEEPALIVE_IDLE_S, KEEPALIVE_EVERY_S, KEEPALIVE_PROBES = 20, 5, 3


def tcp_pipe(host: str, port: int) -> OpenedPipe:
    """A pipe to host:port; nothing is opened yet."""

    async def connect() -> ReceivingPipe:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            transport, pipe = await loop.create_connection(ReceivingPipe, host, port)
        _watch_peer(transport.get_extra_info("socket"))
        return pipe

    return OpenedPipe(f"tcp {host}:{port}", connect)


def _watch_peer(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", KEEPALIVE_IDLE_S),
        ("TCP_KEEPINTVL", KEEPALIVE_EVERY_S),
        ("TCP_KEEPCNT", KEEPALIVE_PROBES),
        ("TCP_USER_TIMEOUT", USER_TIMEOUT_MS),
    ):
        if hasattr(socket, option):  # not on every operating system
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
