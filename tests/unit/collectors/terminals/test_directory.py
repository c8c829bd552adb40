"""Who is there: logins, replacement, silence and strangers, on a virtual clock without sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog.testing

from collectors.terminals.address import TerminalAddress
from collectors.terminals.directory import (
    LOGIN_BYTES,
    LOGIN_S,
    MOST_NAMELESS,
    MOST_UNKNOWN,
    TerminalDirectory,
)
from collectors.terminals.ports import _Dialled
from collectors.terminals.session import IDLE_S, Session, Way
from collectors.terminals.settings import TerminalSettings
from collectors.terminals.terminal import PATIENCE_S, Terminal
from collectors.terminals.turns import Turns
from headend.domain.errors import LineDown
from headend.domain.line_health import LineStanding, TerminalPresence
from protocols import dlt645, gdw1376
from tests.fakes.virtual_time import VirtualClock, run_virtual
from tests.unit.collectors.terminals.frames import (
    ADDRESS,
    HEARTBEAT,
    LOGIN,
    LOGOUT,
    OTHER,
    link,
    parsed,
    question,
    reply,
)


@dataclass
class Peer:
    """The far end of a session: what it got, and whether it was hung up."""

    name: str = "10.0.0.1:4000"
    got: bytearray = field(default_factory=bytearray)
    is_closed: bool = False

    def way(self) -> Way:
        return Way(self.name, self.got.extend, self.close)

    def close(self) -> None:
        self.is_closed = True


class World:
    """A directory that knows one terminal, and what its line was told."""

    def __init__(self, heartbeat_min: int = 1) -> None:
        self.clock = VirtualClock()
        self.directory = TerminalDirectory(self.clock, self._make)
        self.directory.place_changed(None)
        self.terminal = self.directory.know(ADDRESS, TerminalSettings(heartbeat_min=heartbeat_min))
        self.told: list[str | None] = []
        self.terminal.watch(self.told.append)

    def _make(self, address: TerminalAddress, settings: TerminalSettings) -> Terminal:
        return Terminal(
            address, settings, turns=Turns(None, self.clock.now), clock=self.clock, listen=asyncio.Event().wait
        )

    def dial(self, address: TerminalAddress = ADDRESS, name: str = "10.0.0.1:4000") -> tuple[Session, Peer]:
        peer = Peer(name)
        session = self.directory.admit(peer.way())
        self.directory.heard(session, link(LOGIN, address=address))
        return session, peer

    async def wait(self, seconds: float) -> None:
        """Sweeping once a second, as the listener does."""
        for _ in range(int(seconds)):
            await asyncio.sleep(1)
            self.directory.sweep()


def virtually(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        run_virtual(test())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


@virtually
async def test_a_login_makes_the_terminal_present() -> None:
    world = World()
    session, peer = world.dial()
    assert world.terminal.session is session
    assert await world.terminal.present() is session
    assert len(peer.got) > 0
    assert world.told == []


@virtually
async def test_the_newest_login_takes_the_place_of_the_older() -> None:
    world = World()
    old, old_peer = world.dial()
    new, new_peer = world.dial(name="10.0.0.2:4000")
    assert world.terminal.session is new
    assert old_peer.is_closed
    assert not new_peer.is_closed
    assert "newer login" in (old.ended or "")
    world.directory.lost(old, "the socket tells so later")
    assert world.terminal.session is new
    assert world.told == []


@virtually
async def test_a_question_to_a_replaced_session_ends_at_once() -> None:
    world = World()
    session, _ = world.dial()
    session.ask(gdw1376.encode(question()))
    world.dial()
    with pytest.raises(LineDown, match="newer login"):
        await session.inbox.read(100.0)
    with pytest.raises(LineDown):
        session.ask(gdw1376.encode(question()))


@virtually
async def test_silence_ends_a_session_after_two_and_a_half_heartbeats() -> None:
    world = World(heartbeat_min=1)
    session, peer = world.dial()
    await world.wait(100)
    world.directory.heard(session, link(HEARTBEAT, 2))
    await world.wait(149)
    assert world.terminal.session is session
    await world.wait(2)
    assert world.terminal.session is None
    assert peer.is_closed
    assert world.told == [world.terminal.state]
    assert "silent for 150 s" in (world.told[0] or "")


@virtually
async def test_loss_and_return_are_told_once_each() -> None:
    world = World()
    session, _ = world.dial()
    world.directory.heard(session, link(LOGOUT, 2))
    assert world.terminal.session is None
    await world.wait(PATIENCE_S + 5)
    world.dial()
    world.dial()
    assert [reason is None for reason in world.told] == [False, True]


@virtually
async def test_a_terminal_that_never_came_is_told_once_and_waited_for_in_vain() -> None:
    world = World()
    begun = world.clock.monotonic()
    with pytest.raises(LineDown, match="4403-00256 has not logged in"):
        await world.terminal.present()
    assert world.clock.monotonic() - begun == pytest.approx(PATIENCE_S)
    await world.wait(10)
    assert world.told == ["terminal 4403-00256 has not logged in"]
    with pytest.raises(LineDown):
        await world.terminal.present()
    assert world.clock.monotonic() - begun == pytest.approx(PATIENCE_S + 10)


@virtually
async def test_who_waits_gets_the_terminal_that_comes() -> None:
    world = World()
    waiting = asyncio.create_task(world.terminal.present())
    await asyncio.sleep(20)
    session, _ = world.dial()
    assert await waiting is session


@virtually
async def test_a_port_in_trouble_is_the_reason_at_once() -> None:
    world = World()
    world.directory.place_changed("cannot dial in: address in use")
    begun = world.clock.monotonic()
    with pytest.raises(LineDown, match="address in use"):
        await world.terminal.present()
    assert world.clock.monotonic() == begun
    assert len(world.told) == 1


@virtually
async def test_who_does_not_log_in_is_turned_away() -> None:
    world = World()
    peer = Peer()
    session = world.directory.admit(peer.way())
    world.directory.heard(session, b"GET / HTTP/1.1\r\n\r\n")
    await world.wait(LOGIN_S - 1)
    assert not peer.is_closed
    await world.wait(2)
    assert peer.is_closed
    assert peer.got == b""


@virtually
async def test_too_many_bytes_without_a_login_are_not_listened_to() -> None:
    world = World()
    peer = Peer()
    session = world.directory.admit(peer.way())
    world.directory.heard(session, bytes(LOGIN_BYTES))
    assert not peer.is_closed
    world.directory.heard(session, b"\x00")
    assert peer.is_closed
    world.directory.heard(session, link(LOGIN))
    assert world.terminal.session is None


@virtually
async def test_nameless_connections_are_bounded_and_do_not_keep_a_terminal_out() -> None:
    world = World()
    peers = [Peer() for _ in range(MOST_NAMELESS + 72)]
    for peer in peers:
        world.directory.admit(peer.way())
    assert sum(not peer.is_closed for peer in peers) == MOST_NAMELESS
    assert all(peer.is_closed for peer in peers[:72])
    session, _ = world.dial()
    assert world.terminal.session is session


@virtually
async def test_an_unknown_terminal_is_logged_once_and_kept_for_the_line_that_comes() -> None:
    world = World()
    with structlog.testing.capture_logs() as logs:
        session, _ = world.dial(OTHER)
        world.directory.lost(session, "gone")
        session, _ = world.dial(OTHER)
    assert [log["event"] for log in logs].count("unknown terminal") == 1
    assert world.directory.know(OTHER, TerminalSettings(heartbeat_min=5)).session is session


@virtually
async def test_unknown_terminals_are_bounded() -> None:
    world = World()
    dialled = [world.dial(TerminalAddress("1000", number)) for number in range(1, MOST_UNKNOWN + 10)]
    assert sum(not peer.is_closed for _, peer in dialled) == MOST_UNKNOWN
    session, _ = world.dial()
    assert world.terminal.session is session


@virtually
async def test_one_terminals_nonsense_hurts_no_other() -> None:
    world = World()
    other = world.directory.know(OTHER, TerminalSettings())
    mine, _ = world.dial()
    bad, _ = world.dial(OTHER)
    mine.ask(gdw1376.encode(question()))
    for junk in (bytes(70_000), b"\x68" * 500, reply(question()), link(LOGIN)):
        world.directory.heard(bad, junk)
    assert world.directory.counters.strays >= 2
    assert mine.inbox.pending() == b""
    world.directory.heard(mine, reply(question()))
    assert mine.inbox.pending() == reply(question())
    assert other.session is bad


@virtually
async def test_half_a_frame_does_not_hold_up_the_next_for_long() -> None:
    world = World()
    session, peer = world.dial()
    world.directory.heard(session, b"\x68\xfe\xfe\xfe\xfe\x68" + link(HEARTBEAT, 2))
    assert [frame.sequence for frame in parsed(bytes(peer.got))] == [1]
    await world.wait(IDLE_S + 2)
    assert [frame.sequence for frame in parsed(bytes(peer.got))] == [1, 2]
    assert world.directory.counters.noise_bytes == 6


@virtually
async def test_a_slow_network_may_hold_back_half_a_frame() -> None:
    world = World()
    session, peer = world.dial()
    world.directory.heard(session, link(HEARTBEAT, 2)[:9])
    await world.wait(IDLE_S - 1)
    world.directory.heard(session, link(HEARTBEAT, 2)[9:])
    assert [frame.sequence for frame in parsed(bytes(peer.got))] == [1, 2]


class DeafTransport(asyncio.Transport):
    """Takes what is written; it is hung up."""

    def __init__(self) -> None:
        super().__init__({"peername": ("10.0.0.1", 4000)})
        self.is_aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Somewhere."""

    def abort(self) -> None:
        self.is_aborted = True


@virtually
async def test_who_reads_no_confirmations_is_hung_up() -> None:
    world, transport = World(), DeafTransport()
    dialled = _Dialled(world.directory)
    dialled.connection_made(transport)
    dialled.data_received(link(LOGIN))
    assert world.terminal.session is not None
    dialled.pause_writing()
    assert transport.is_aborted
    assert "takes no bytes" in world.terminal.state


@virtually
async def test_a_line_that_comes_later_says_how_the_terminal_is_spoken_to() -> None:
    world = World()
    session, peer = world.dial(OTHER)
    settings = TerminalSettings(dialect=gdw1376.Dialect.ALL, password_size=0)
    world.directory.know(OTHER, settings)
    peer.got.clear()
    world.directory.heard(session, link(HEARTBEAT, 2, OTHER))
    inner = dlt645.encode(dlt645.read("000000000001", "00010000"))
    session.ask(gdw1376.encode(gdw1376.forward(settings.addressed(OTHER), gdw1376.Port(2), inner, gdw1376.Turn(3))))
    confirmation, request = parsed(bytes(peer.got))
    assert confirmation.data == bytes.fromhex("00000100")
    assert request.data.endswith(inner)


@virtually
async def test_closing_ends_everybody_with_the_reason() -> None:
    world = World()
    _, peer = world.dial()
    nameless = Peer()
    world.directory.admit(nameless.way())
    world.directory.close("stopped")
    assert peer.is_closed
    assert nameless.is_closed
    assert "stopped" in world.terminal.state


@virtually
async def test_lines_that_disagree_keep_what_was_first() -> None:
    world = World()
    with structlog.testing.capture_logs() as logs:
        assert world.directory.know(ADDRESS, TerminalSettings(heartbeat_min=99)) is world.terminal
    assert world.terminal.settings.heartbeat_min == 1
    assert logs[0]["event"] == "lines disagree about a terminal"


@virtually
async def test_when_a_terminal_came_and_was_last_alive_and_how_often_it_logged_in() -> None:
    world = World()
    session, _ = world.dial()
    came = world.clock.now()
    await world.wait(20)
    assert world.terminal.health().terminal == TerminalPresence(came, came, 1)
    world.directory.heard(session, link(HEARTBEAT, 2))
    assert world.terminal.health().terminal == TerminalPresence(came, world.clock.now(), 1)
    world.directory.lost(session, "the connection was reset")
    gone = world.terminal.health()
    assert gone.terminal is not None and gone.terminal.online_since is None
    assert (gone.is_open, gone.losses, gone.changed_at) == (False, 1, world.clock.now())
    assert "the connection was reset" in gone.reason
    world.dial()
    back = world.terminal.health()
    assert back.is_open and back.losses == 1 and back.terminal is not None and back.terminal.logins == 2


@virtually
async def test_a_terminal_that_never_came_is_not_used_until_its_time_is_over_and_then_down() -> None:
    world = World()
    assert world.terminal.health().is_open is None
    await world.wait(PATIENCE_S + 1)
    assert world.terminal.health().standing is LineStanding.DOWN


@virtually
async def test_noise_counts_for_the_terminal_that_sent_it_and_for_no_other() -> None:
    world = World()
    session, _ = world.dial()
    other, _ = world.dial(OTHER)
    world.directory.heard(other, bytes(9))
    await world.wait(IDLE_S + 2)
    assert (world.directory.counters.noise_bytes, world.terminal.health().noise_bytes) == (9, 0)
    world.directory.heard(session, bytes(6))
    await world.wait(IDLE_S + 2)
    assert world.terminal.health().noise_bytes == 6
