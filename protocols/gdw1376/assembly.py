"""Answers that come in several frames (FIR, FIN) put together, per terminal, function and sequence. Bounded.

Terminals either keep the sequence number or count it up frame by frame: the second frame shows which.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from protocols.errors import RemoteProtocolError
from protocols.gdw1376.auxiliary import Auxiliary, split
from protocols.gdw1376.frame import Frame

MAX_MESSAGES: Final = 64
MAX_FRAMES: Final = 256
MAX_BYTES: Final = 256 * 1024

_Key = tuple[str, int, int, bool, int]


class Message(NamedTuple):
    """A whole answer: its first frame, the data units of all of them, and the tail of the last."""

    frame: Frame
    units: bytes
    auxiliary: Auxiliary


class Broken(NamedTuple):
    """An answer that will not become whole: its first frame as far as there is one, and why."""

    frame: Frame
    reason: str


Assembled = Message | Broken


@dataclass(slots=True)
class _Begun:
    first: Frame
    pieces: list[bytes]
    last: Frame
    size: int = 0
    step: int | None = None


@dataclass(slots=True)
class Assembler:
    """Takes frames in the order in which they came. Its memory is MAX_BYTES of data units, whatever comes."""

    password_size: int | None = None
    _begun: dict[_Key, _Begun] = field(default_factory=dict)
    _size: int = 0

    def __repr__(self) -> str:
        return f"<Assembler {len(self._begun)} begun, {self._size} bytes>"

    def add(self, frame: Frame) -> list[Assembled]:
        """What this frame completes or breaks; nothing while more is to come."""
        try:
            units, auxiliary = split(frame, self.password_size)
        except RemoteProtocolError as error:
            return [Broken(frame, str(error))]
        key = (frame.district, frame.terminal, frame.a3, frame.is_up, frame.afn)
        if frame.is_first:
            return self._begin(key, frame, units, auxiliary)
        return self._continue(key, frame, units, auxiliary)

    def _begin(self, key: _Key, frame: Frame, units: bytes, auxiliary: Auxiliary) -> list[Assembled]:
        old = self._begun.get(key)
        if old and not frame.is_final and old.first == frame and old.last == frame:
            return []  # repeated
        events: list[Assembled] = self._give_up(key, "a new answer began") if old else []
        if frame.is_final:
            return [*events, Message(frame, units, auxiliary)]
        self._begun[key] = _Begun(frame, [units], frame, len(units))
        self._size += len(units)
        return events + self._make_room()

    def _continue(self, key: _Key, frame: Frame, units: bytes, auxiliary: Auxiliary) -> list[Assembled]:
        begun = self._begun.get(key)
        if begun is None:
            return [Broken(frame, "its first frame is missing")]
        if frame == begun.last:
            return []  # repeated
        step = (frame.sequence - begun.last.sequence) % 16
        if step not in ((0, 1) if begun.step is None else (begun.step,)):
            return self._give_up(key, f"sequence {frame.sequence} after {begun.last.sequence}")
        begun.step, begun.last = step, frame
        begun.pieces.append(units)
        begun.size += len(units)
        self._size += len(units)
        if frame.is_final:
            self._forget(key)
            return [Message(begun.first, b"".join(begun.pieces), auxiliary)]
        if len(begun.pieces) >= MAX_FRAMES:
            return self._give_up(key, f"more than {MAX_FRAMES} frames")
        return self._make_room()

    def _make_room(self) -> list[Assembled]:
        events: list[Assembled] = []
        while self._begun and (len(self._begun) > MAX_MESSAGES or self._size > MAX_BYTES):
            events += self._give_up(next(iter(self._begun)), "pushed out by newer answers")
        return events

    def _give_up(self, key: _Key, reason: str) -> list[Assembled]:
        return [Broken(self._forget(key).first, reason)]

    def _forget(self, key: _Key) -> _Begun:
        begun = self._begun.pop(key)
        self._size -= begun.size
        return begun
