"""Ports that terminals dial, TCP and UDP: bytes to the directory and back. Reads no frame but a datagram's sender."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from collectors.terminals.directory import TerminalDirectory
from collectors.terminals.session import Session, Way

BACKLOG = 1024
SENDER_IN_FRAME = slice(7, 11)  # A1 and A2: terminals behind one address translator share a peer


@asynccontextmanager
async def tcp_port(directory: TerminalDirectory, host: str, port: int) -> AsyncIterator[None]:
    """Accept connections while the block runs; OSError."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Dialled(directory), host, port, backlog=BACKLOG)
    try:
        yield
    finally:
        server.close()


@asynccontextmanager
async def udp_port(directory: TerminalDirectory, host: str, port: int) -> AsyncIterator[None]:
    """Take datagrams while the block runs; OSError."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(directory), (host, port))
    try:
        yield
    finally:
        transport.close()


class _Dialled(asyncio.Protocol):
    """One TCP connection of a terminal."""

    def __init__(self, directory: TerminalDirectory) -> None:
        self._directory = directory
        self._session: Session | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast(asyncio.Transport, transport)  # uvloop's do not derive from it
        peer = _written(stream.get_extra_info("peername"))
        self._session = self._directory.admit(Way(peer, stream.write, stream.abort))

    def data_received(self, data: bytes) -> None:
        if self._session is not None:
            self._directory.heard(self._session, data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._session is not None:
            self._directory.lost(self._session, str(exc) if exc else "it closed the connection")

    def pause_writing(self) -> None:
        """Confirmations by the thousand that nobody reads: that is no terminal that lives."""
        if self._session is not None:
            self._directory.lost(self._session, "it takes no bytes")


class _Datagrams(asyncio.DatagramProtocol):
    """All terminals of a UDP port. Only who has logged in is remembered."""

    def __init__(self, directory: TerminalDirectory) -> None:
        self._directory = directory
        self._sessions: dict[tuple[Any, bytes], Session] = {}  # Any: a socket address
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # uvloop's do not derive from it

    def datagram_received(self, data: bytes, addr: Any) -> None:  # Any: a socket address
        key = addr, data[SENDER_IN_FRAME]
        session = self._sessions.get(key)
        if session is None:
            session = self._sessions[key] = self._directory.admit(self._way(key))
        self._directory.heard(session, data)
        self._directory.settled(session)

    def error_received(self, exc: Exception) -> None:
        """A peer that is not there any more shows itself by its silence."""

    def _way(self, key: tuple[Any, bytes]) -> Way:  # Any: a socket address
        def write(data: bytes) -> None:
            if self._transport is not None:
                self._transport.sendto(data, key[0])

        return Way(_written(key[0]), write, lambda: self._forget(key))

    def _forget(self, key: tuple[Any, bytes]) -> None:  # Any: a socket address
        self._sessions.pop(key, None)


def _written(peer: Any) -> str:  # Any: a socket address
    return f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else "an unknown peer"
