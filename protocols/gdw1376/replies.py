"""Answers of both sides: a master confirms logins and heartbeats, a terminal confirms settings and gives data."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from protocols.gdw1376 import frame as frames
from protocols.gdw1376 import identifiers
from protocols.gdw1376.auxiliary import EventCounters, split
from protocols.gdw1376.frame import Frame
from protocols.gdw1376.functions.link import ALL_CONFIRMED, ALL_DENIED, EACH_CONFIRMED, HEARTBEAT, LOGIN, LOGOUT
from protocols.gdw1376.requests import Units, encode_units

CONFIRM, USER_DATA, NO_DATA, LINK_STATUS = 0, 8, 9, 11
"""FC of a secondary station."""
_LINK_TEST: Final = 0x02
_TERMINAL_ITSELF: Final = 0


class Dialect(StrEnum):
    """How a terminal wants its login and heartbeat confirmed: terminals of 2009 by F1, those of 2013 by F3."""

    ALL = "F1"
    EACH = "F3"


def link_function(frame: Frame) -> int | None:
    """LOGIN, LOGOUT or HEARTBEAT where a terminal begins one of them; a test tool's with DIR 0 is none."""
    if not frame.is_up or not frame.is_primary or frame.afn != _LINK_TEST or len(frame.data) < 4:
        return None
    named = identifiers.parse(frame.data[:4])
    one = named.functions[0] if len(named.functions) == 1 else 0
    return one if named.points == (_TERMINAL_ITSELF,) and one in (LOGIN, LOGOUT, HEARTBEAT) else None


def confirm_link(frame: Frame, dialect: Dialect) -> Frame:
    """The master's answer to a login, logout or heartbeat, in the terminal's dialect."""
    if dialect is Dialect.ALL:
        return _answer(frame, LINK_STATUS, identifiers.one(_TERMINAL_ITSELF, ALL_CONFIRMED))
    return _answer(frame, LINK_STATUS, _each(frame, {}))


def confirm_all(frame: Frame) -> Frame:
    return _answer(frame, CONFIRM, identifiers.one(_TERMINAL_ITSELF, ALL_CONFIRMED))


def deny_all(frame: Frame) -> Frame:
    return _answer(frame, CONFIRM, identifiers.one(_TERMINAL_ITSELF, ALL_DENIED))


def confirm_each(frame: Frame, errors: Mapping[bytes, int]) -> Frame:
    """F3 for these identifiers; an error of 0 is success."""
    return _answer(frame, CONFIRM, _each(frame, errors))


def data_reply(
    request: Frame,
    units: Iterable[Units],
    *,
    events: EventCounters | None = None,
    confirm: bool = False,
    part: tuple[bool, bool] = (True, True),
) -> Frame:
    """A terminal's answer with data, of which `part` (first, final) may be one frame of several."""
    data = b"".join(encode_units(one, request.afn, is_up=True, edition=request.edition) for one in units)
    tail = bytes(events) if events else b""
    seq = frames.seq(request.sequence, confirm=confirm, first=part[0], final=part[1])
    control = frames.up(USER_DATA, events=events is not None)
    return request._replace(control=control, seq=seq, data=data + tail)


def denied(request: Frame, reply: Frame) -> bool:
    """A reply that denies the whole request: FC 9, or AFN 00 F2."""
    if not answers(request, reply):
        return False
    whole = reply.afn == 0x00 and reply.data[:4] == identifiers.one(_TERMINAL_ITSELF, ALL_DENIED)
    return whole or reply.link_function == NO_DATA


def answers(request: Frame, reply: Frame) -> bool:
    """Whether the reply belongs to the request: same terminal and master, other direction, AFN and sequence."""
    return (
        reply.is_up is not request.is_up
        and not reply.is_primary
        and (reply.district, reply.terminal, reply.master) == (request.district, request.terminal, request.master)
        and reply.afn in (request.afn, 0x00)
        and (reply.sequence == request.sequence or not reply.is_first)
    )


def _each(frame: Frame, errors: Mapping[bytes, int]) -> bytes:
    wanted = errors or {split(frame)[0][:4]: 0}
    confirmed = b"".join(b"%b%c" % (identifier, error) for identifier, error in wanted.items())
    return b"%b%c%b" % (identifiers.one(_TERMINAL_ITSELF, EACH_CONFIRMED), frame.afn, confirmed)


def _answer(frame: Frame, function: int, data: bytes) -> Frame:
    """The other side's frame, same address and sequence, one frame, no tail."""
    control = frames.down(function, primary=False) if frame.is_up else frames.up(function)
    return frame._replace(control=control, afn=0x00, seq=frames.seq(frame.sequence), data=data)
