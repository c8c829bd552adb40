"""Lines a simulated bus hangs on: a TCP server, a pseudo terminal or a serial device. Bytes only, no protocol.

Every connection gets its own session of the bus; all of them hear the same meters.
"""

import asyncio
import contextlib
import os
import termios
import tty
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, cast, runtime_checkable

import serial_asyncio_fast
from serial import SerialException

from simulators.errors import ListenError
from simulators.listen_url import ListenUrl

IDLE_S = 0.5  # the longest gap between bytes of one frame
READ_SIZE = 4096
PSEUDO_TERMINALS = range(136, 144)  # major device numbers of Linux


class Session(Protocol):
    """A listener on the bus, without I/O."""

    def receive(self, data: bytes) -> Iterable[bytes]: ...

    def line_idle(self) -> Iterable[bytes]: ...


class Peer(Protocol):
    """Whoever is at the other end, as long as the line to it is open."""

    def send(self, data: bytes) -> None: ...

    def hang_up(self) -> None: ...


@runtime_checkable
class SpeakingSession(Session, Protocol):
    """A session that also speaks when nothing was said: it is told who is there, and that nobody is any more."""

    def opened(self, peer: Peer) -> None: ...

    def closed(self) -> None: ...


NewSession = Callable[[], Session]


@asynccontextmanager
async def open_line(url: ListenUrl, new_session: NewSession) -> AsyncIterator[str]:
    """Serve until the block is left; gives the address others can connect to."""
    opener = _OPENERS[url.scheme]
    async with opener(url, new_session) as address:
        yield address


class LineProtocol(asyncio.Protocol):
    """Feeds a session and writes its replies; a peer that does not read is not read from either."""

    def __init__(self, session: Session, connected: set[asyncio.Transport] | None = None) -> None:
        self._session = session
        self._connected = connected if connected is not None else set()
        self._transport: asyncio.Transport | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports do not inherit from it
        self._connected.add(self._transport)
        _tell_opened(self._session, self)

    def data_received(self, data: bytes) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._send(self._session.receive(data))
        self._idle = self._loop.call_later(IDLE_S, self._fall_idle)

    def pause_writing(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._idle is not None:
            self._idle.cancel()
        if self._transport is not None:
            self._connected.discard(self._transport)
        for _ in self._session.line_idle():  # what was half received is noise; nobody is left to answer
            pass
        _tell_closed(self._session)

    def send(self, data: bytes) -> None:
        self._send((data,))

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _fall_idle(self) -> None:
        self._send(self._session.line_idle())

    def _send(self, replies: Iterable[bytes]) -> None:
        for reply in replies:
            if self._transport is not None and not self._transport.is_closing():
                self._transport.write(reply)


@asynccontextmanager
async def _tcp(url: ListenUrl, new_session: NewSession) -> AsyncIterator[str]:
    connected: set[asyncio.Transport] = set()
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(
            lambda: LineProtocol(new_session(), connected), url.host, url.port, backlog=1024
        )
    except OSError as error:
        raise ListenError(f"cannot listen on {url}: {error.strerror or error}") from error
    try:
        port = server.sockets[0].getsockname()[1]
        yield f"tcp://{url.host_in_url}:{port}"
    finally:
        server.close()
        for transport in tuple(connected):
            transport.abort()


@asynccontextmanager
async def _pty(url: ListenUrl, new_session: NewSession) -> AsyncIterator[str]:
    master, slave = os.openpty()
    with contextlib.ExitStack() as files:
        files.callback(os.close, master)
        files.callback(os.close, slave)  # kept open: a client that leaves does not hang up the line
        tty.setraw(slave)
        async with _PtyLine(master, new_session()):
            yield f"serial://{os.ttyname(slave)}"


class _PtyLine:
    """The master side of a pseudo terminal in the event loop."""

    def __init__(self, descriptor: int, session: Session) -> None:
        self._descriptor = descriptor
        self._session = session
        self._loop = asyncio.get_running_loop()
        self._idle: asyncio.TimerHandle | None = None
        self._unsent = bytearray()

    async def __aenter__(self) -> None:
        os.set_blocking(self._descriptor, False)
        self._loop.add_reader(self._descriptor, self._read)
        _tell_opened(self._session, self)

    async def __aexit__(self, *exc: object) -> None:
        _tell_closed(self._session)
        self._loop.remove_reader(self._descriptor)
        self._loop.remove_writer(self._descriptor)
        if self._idle is not None:
            self._idle.cancel()

    def send(self, data: bytes) -> None:
        self._send((data,))

    def hang_up(self) -> None:
        """A wire stays where it is."""

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, READ_SIZE)
        except BlockingIOError:
            return
        if self._idle is not None:
            self._idle.cancel()
        self._send(self._session.receive(data))
        self._idle = self._loop.call_later(IDLE_S, self._fall_idle)

    def _fall_idle(self) -> None:
        self._send(self._session.line_idle())

    def _send(self, replies: Iterable[bytes]) -> None:
        self._unsent += b"".join(replies)
        self._write()

    def _write(self) -> None:
        """Write what fits; until the rest is gone nothing more is read."""
        if self._unsent:
            with contextlib.suppress(BlockingIOError):
                del self._unsent[: os.write(self._descriptor, self._unsent)]
        if self._unsent:
            self._loop.remove_reader(self._descriptor)
            self._loop.add_writer(self._descriptor, self._write)
        else:
            self._loop.remove_writer(self._descriptor)
            self._loop.add_reader(self._descriptor, self._read)


@asynccontextmanager
async def _serial(url: ListenUrl, new_session: NewSession) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    try:
        parity = "N" if _is_pseudo_terminal(url.path) else url.parity
        transport, _ = await serial_asyncio_fast.create_serial_connection(
            loop, lambda: LineProtocol(new_session()), url.path, baudrate=url.baudrate, parity=parity
        )
    except (SerialException, OSError, termios.error) as error:
        raise ListenError(f"cannot listen on {url}: {error}") from error
    try:
        yield f"serial://{url.path}"
    finally:
        transport.abort()


def _tell_opened(session: Session, peer: Peer) -> None:
    if isinstance(session, SpeakingSession):
        session.opened(peer)


def _tell_closed(session: Session) -> None:
    if isinstance(session, SpeakingSession):
        session.closed()


def _is_pseudo_terminal(path: str) -> bool:
    """Linux refuses parity on a pseudo terminal, which has no wire to put it on."""
    return os.major(Path(path).stat().st_rdev) in PSEUDO_TERMINALS


_OPENERS = {"tcp": _tcp, "pty": _pty, "serial": _serial}
