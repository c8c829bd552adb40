"""Messages between head-end and child as bytes: a length, then the pickled message. No I/O.

Pickle is safe on this way alone: the socket is one of a pair that only the child of our own making inherits, so nobody
else can write to it (ADR 0019). A frame that is too long, or is no message, means that the other side is broken.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterator

from collectors.shards.messages import FromChild, ToChild

LENGTH = struct.Struct("!I")
LONGEST = 64 * 1024 * 1024  # a month of load records of one meter is a hundredth of it


class BrokenFrames(Exception):
    """What came is no sequence of messages: nothing after it can be trusted."""


def framed(message: ToChild | FromChild) -> bytes:
    """The bytes of a message."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    if len(body) > LONGEST:
        raise BrokenFrames(f"a message of {len(body)} bytes")
    return LENGTH.pack(len(body)) + body


class Frames:
    """Receiver: bytes in, messages out, wherever the bytes are cut."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def receive(self, data: bytes) -> Iterator[object]:
        """The messages that these bytes complete; BrokenFrames."""
        self._waiting += data
        while len(self._waiting) >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self._waiting)
            if length > LONGEST:
                raise BrokenFrames(f"a frame of {length} bytes")
            end = LENGTH.size + length
            if len(self._waiting) < end:
                return
            body = bytes(self._waiting[LENGTH.size : end])
            del self._waiting[:end]
            try:
                message = pickle.loads(body)
            except Exception as error:  # pickle raises whatever it likes
                raise BrokenFrames("a frame that is no message") from error
            yield message
