"""The master's end of one terminal's stream, without I/O: bytes in, events and bytes to send out. Owns no clock.

It confirms what terminals begin, in their dialect, and knows which reply belongs to the one question that is open.
Refuses to believe what another terminal or no terminal sent. Its memory does not grow with what comes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from collectors.terminals import guard
from collectors.terminals.address import TerminalAddress
from collectors.terminals.settings import TerminalSettings
from protocols import gdw1376
from protocols.errors import LocalProtocolError, RemoteProtocolError
from protocols.gdw1376.connection import frame_end
from protocols.gdw1376.functions.link import HEARTBEAT, LOGIN, LOGOUT
from protocols.gdw1376.replies import confirm_all

LONGEST_ANSWER: Final = 64 * 1024
"""Bytes of all frames of one answer: what an inbox holds."""


class LoggedIn(NamedTuple):
    """A terminal said who it is; everything else on this stream must come from it. A first heartbeat says so too."""

    address: TerminalAddress


class LoggedOut(NamedTuple):
    """It says good-bye."""


class Alive(NamedTuple):
    """A heartbeat, or the login once more."""


class Reported(NamedTuple):
    """Something that nobody asked for, for the first time."""

    frame: gdw1376.Frame


class Answered(NamedTuple):
    """The whole answer to the open question: all its frames as they came."""

    raw: bytes


class Stray(NamedTuple):
    """A frame that nothing was done with, and why."""

    frame: gdw1376.Frame
    reason: str


class Noise(NamedTuple):
    """Bytes that are no frame."""

    raw: bytes
    reason: str


LinkEvent = LoggedIn | LoggedOut | Alive | Reported | Answered | Stray | Noise


class TerminalLink:
    """One stream. `settings_of` tells how a terminal wants to be spoken to; that may change."""

    def __init__(self, settings_of: Callable[[TerminalAddress], TerminalSettings]) -> None:
        self._settings_of = settings_of
        self._connection = gdw1376.Connection()
        self._outgoing = bytearray()
        self._question: gdw1376.Frame | None = None
        self._assembler = gdw1376.Assembler()
        self._pieces: list[bytes] = []
        self._begun_by_terminal: dict[int, gdw1376.Frame] = {}
        self.address: TerminalAddress | None = None
        self.edition = gdw1376.Edition.GDW1376

    def __repr__(self) -> str:
        return f"<TerminalLink {self.address or 'nobody yet'}{' asked' if self._question else ''}>"

    def receive(self, data: bytes) -> list[LinkEvent]:
        """Take bytes as they come."""
        return self._take(self._connection.receive(data))

    def line_idle(self) -> list[LinkEvent]:
        """Silence: a frame that was begun will not be finished."""
        return self._take(self._connection.line_idle())

    def ask(self, raw: bytes) -> None:
        """Send one request frame; it is the open question until its answer, the next one, or `forget`."""
        if frame_end(raw, 0) != len(raw):
            raise LocalProtocolError(f"{raw.hex().upper()} is not one frame")
        frame = gdw1376.parse(raw)
        self._send(frame)
        if frame != self._question:
            self.forget()
            self._question = frame

    def forget(self) -> None:
        """Nobody waits for an answer any more: what comes of it is stray."""
        self._question = None
        self._assembler = gdw1376.Assembler()
        self._pieces.clear()

    def outgoing(self) -> bytes:
        """Take what is to be sent."""
        data = bytes(self._outgoing)
        self._outgoing.clear()
        return data

    def _take(self, events: Sequence[gdw1376.Event]) -> list[LinkEvent]:
        return [said for event in events for said in self._hear(event)]

    def _hear(self, event: gdw1376.Event) -> list[LinkEvent]:
        if isinstance(event, gdw1376.NoiseReceived):
            return [Noise(event.raw, event.reason)]
        frame = event.frame
        try:
            return self._judge(frame, event.raw)
        except RemoteProtocolError as error:
            return [Stray(frame, str(error))]

    def _judge(self, frame: gdw1376.Frame, raw: bytes) -> list[LinkEvent]:
        sender = TerminalAddress.of(frame)
        if not frame.is_up:
            return [Stray(frame, "its direction is that of a master")]
        if sender is None or sender != (self.address or sender):
            return [Stray(frame, f"it is from {frame.district} {frame.terminal}, not from {self.address}")]
        function = gdw1376.link_function(frame)
        if self.address is None and function not in (LOGIN, HEARTBEAT):
            return [Stray(frame, "nobody has logged in")]
        if function is not None:
            return [self._keep_link(frame, function, sender)]
        return [self._report(frame)] if frame.is_primary else self._answer(frame, raw)

    def _keep_link(self, frame: gdw1376.Frame, function: int, sender: TerminalAddress) -> LinkEvent:
        is_new = self.address is None
        self.address, self.edition = sender, frame.edition
        self._send(gdw1376.confirm_link(frame, self._settings_of(sender).dialect))
        if function == LOGOUT:
            return LoggedOut()
        return LoggedIn(sender) if is_new else Alive()

    def _report(self, frame: gdw1376.Frame) -> LinkEvent:
        """Confirmed as often as it comes, told once."""
        if frame.wants_confirmation:
            self._send(confirm_all(frame))
        if self._begun_by_terminal.get(frame.sequence) == frame:
            return Stray(frame, "it was reported before")
        self._begun_by_terminal[frame.sequence] = frame
        return Reported(frame)

    def _answer(self, frame: gdw1376.Frame, raw: bytes) -> list[LinkEvent]:
        if self._question is None or not gdw1376.answers(self._question, frame):
            return [Stray(frame, "it answers nothing that is asked")]
        if frame.wants_confirmation:
            self._send(confirm_all(frame))
        if frame.is_first:
            self._pieces.clear()
        self._pieces.append(raw)
        said: list[LinkEvent] = []
        for whole in self._assembler.add(frame):
            if isinstance(whole, gdw1376.Broken):
                said.append(Stray(frame, whole.reason))
            else:
                said.append(Answered(b"".join(self._pieces)))
                self.forget()
        if sum(map(len, self._pieces)) > LONGEST_ANSWER:
            self.forget()
            said.append(Stray(frame, "its answer does not end"))
        return said

    def _send(self, frame: gdw1376.Frame) -> None:
        """The only way out."""
        settings = self._settings_of(self.address) if self.address is not None else TerminalSettings()
        self._outgoing += gdw1376.encode(guard.check(frame, settings.password_size))
