"""The tail of a frame's data: password PW, event counters EC, time tag Tp. The size of PW is the caller's to say.

It is 16 bytes by the standard, 2 in Q/GDW 130, and one family of terminals sets parameters with none at all.
"""

from typing import Final, NamedTuple

from protocols.errors import LocalProtocolError, RemoteProtocolError
from protocols.gdw1376.frame import Edition, Frame
from protocols.gdw1376.texts import STAMP_A16

WITH_PASSWORD: Final = frozenset({0x01, 0x04, 0x05, 0x06, 0x0F, 0x10})
"""AFNs whose requests carry PW."""
PASSWORD_SIZES: Final = (0, 2, 16)
_TAG_SIZE: Final = 6
_COUNTERS_SIZE: Final = 2


class TimeTag(NamedTuple):
    """Tp: the starter's frame counter, when it sent (day hh:mm:ss by its clock), for how many minutes it holds.

    `sent` is None where the bytes are no time; a delay of 0 never ends.
    """

    counter: int
    sent: str | None
    allowed_delay_min: int

    def encode(self) -> bytes:
        if not (0 <= self.counter <= 0xFF and 0 <= self.allowed_delay_min <= 0xFF):
            raise LocalProtocolError("a time tag's counter and delay are bytes")
        return b"%c%b%c" % (self.counter, STAMP_A16.encode(self.sent), self.allowed_delay_min)


class EventCounters(NamedTuple):
    """EC: how many important and ordinary events the terminal has recorded, mod 256."""

    important: int
    ordinary: int


class Auxiliary(NamedTuple):
    """What was stripped from the tail."""

    password: bytes = b""
    events: EventCounters | None = None
    time_tag: TimeTag | None = None


def usual_password_size(afn: int, edition: Edition) -> int:
    """What the standard says for a request with this AFN."""
    if afn not in WITH_PASSWORD:
        return 0
    return 2 if edition is Edition.GDW130 else 16


def split(frame: Frame, password_size: int | None = None) -> tuple[bytes, Auxiliary]:
    """Data units and tail. Without a size the standard's is taken; PW is looked for in requests only."""
    rest = frame.data
    size = usual_password_size(frame.afn, frame.edition) if password_size is None else password_size
    tag = events = None
    if frame.has_time_tag:
        rest, raw = _cut(rest, _TAG_SIZE, "time tag")
        tag = TimeTag(raw[0], STAMP_A16.decode(raw[1:5], "").text or None, raw[5])
    if frame.has_events:
        rest, raw = _cut(rest, _COUNTERS_SIZE, "event counters")
        events = EventCounters(raw[0], raw[1])
    password = b""
    if not frame.is_up and frame.afn in WITH_PASSWORD:
        rest, password = _cut(rest, size, "password")
    return rest, Auxiliary(password, events, tag)


def _cut(data: bytes, size: int, what: str) -> tuple[bytes, bytes]:
    if len(data) < size:
        raise RemoteProtocolError(f"{len(data)} bytes left where the {what} has {size}")
    return data[: len(data) - size], data[len(data) - size :]
