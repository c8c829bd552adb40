"""Reads and link answers as frames. Nothing here sets, switches or sends: a caller puts the bytes on a line."""

from collections.abc import Sequence
from typing import Final

from protocols.dlt698 import apdu, sessions
from protocols.dlt698.data import OAD
from protocols.dlt698.frame import (
    FROM_SERVER,
    LINK_MANAGEMENT,
    SPLIT,
    STARTED_BY_CLIENT,
    USER_DATA,
    WILDCARD,
    AddressKind,
    Fragment,
    Frame,
    Piece,
    ServerAddress,
    fragment_to_data,
)
from protocols.dlt698.layouts import length_to_wire
from protocols.dlt698.moments import Moment, MomentKind
from protocols.errors import LocalProtocolError

CLIENT: Final = 0x10
METER_ADDRESS: Final = "40010200"
MAX_OBJECTS: Final = 127
_ASK: Final = STARTED_BY_CLIENT | USER_DATA
_NUMBER_MASK: Final = 0x3F
_NO_TIME_TAG: Final = b"\x00"
_TRUSTED_SUCCESS: Final = 0x80


def get(address: str, oads: Sequence[str], *, number: int = 0, client: int = CLIENT, logical: int = 0) -> Frame:
    """Ask one meter for one object or for a list of them; `number` is that of the invocation, 0 to 63.

    The wildcard for an address asks whoever is alone on the line.
    """
    if not 1 <= len(oads) <= MAX_OBJECTS:
        raise LocalProtocolError(f"{len(oads)} objects in one request, 1 to {MAX_OBJECTS} are allowed")
    wire = b"".join(OAD.write(oad) for oad in oads)
    form, body = (apdu.NORMAL, wire) if len(oads) == 1 else (apdu.LIST, length_to_wire(len(oads)) + wire)
    message = bytes([apdu.GET_REQUEST, form, _piid(number)]) + body + _NO_TIME_TAG
    kind = AddressKind.WILDCARD if address == WILDCARD else AddressKind.SINGLE
    return Frame(_ASK, ServerAddress(address, kind, logical), client, message)


def get_next(address: str, block: int, *, number: int = 0, client: int = CLIENT) -> Frame:
    """Ask for what follows a block of a long answer."""
    if not 0 <= block <= 0xFFFF:
        raise LocalProtocolError(f"block number {block} is not in 0 to 65535")
    message = bytes([apdu.GET_REQUEST, apdu.NEXT, _piid(number)]) + block.to_bytes(2, "big") + _NO_TIME_TAG
    return Frame(_ASK, ServerAddress(address), client, message)


def get_address(*, number: int = 0, client: int = CLIENT) -> Frame:
    """Ask whoever is alone on the line for its address. Meters take the wildcard in a single address too."""
    return get(WILDCARD, [METER_ADDRESS], number=number, client=client)


def link_reply(request: Frame, *, received_at: Moment, answered_at: Moment) -> Frame:
    """Welcome a terminal that logs in, tells that it lives, or goes; its own time comes back to it."""
    if request.data[:1] != bytes([sessions.LINK_REQUEST]) or len(request.data) < 5 + MomentKind.DATE_TIME.value:
        raise LocalProtocolError("only a LINK-Request has a LINK-Response")
    if {received_at.kind, answered_at.kind} != {MomentKind.DATE_TIME}:
        raise LocalProtocolError("a LINK-Response has times of ten bytes")
    head = bytes([sessions.LINK_RESPONSE, request.data[1], _TRUSTED_SUCCESS])
    message = head + request.data[5:15] + received_at.raw + answered_at.raw
    return Frame(LINK_MANAGEMENT, request.server, request.client, message)


def confirm_fragment(received: Frame, number: int) -> Frame:
    """Say that a piece of a split APDU has come, so that the next one follows."""
    control = SPLIT | (received.control & (STARTED_BY_CLIENT | FROM_SERVER) ^ FROM_SERVER) | received.function
    return Frame(control, received.server, received.client, fragment_to_data(Fragment(number, Piece.CONFIRM)))


def answers(request: Frame, reply: Frame) -> bool:
    """Whether this frame answers that GET-Request: its meter, its client, its number, its form."""
    asked, said = request.data[:3], reply.data[:3]
    if not (is_from_asked(request, reply) and len(said) == 3 and len(asked) == 3):
        return False
    is_same_number = (asked[2] ^ said[2]) & _NUMBER_MASK == 0
    return said[0] == asked[0] | apdu.FROM_SERVER and said[1] == asked[1] and is_same_number


def is_from_asked(request: Frame, reply: Frame) -> bool:
    """Whether this frame comes back from the meter, and its logical device, that the request went to."""
    is_anyone = "A" in request.server.digits
    is_same_meter = is_anyone or request.server.digits == reply.server.digits
    is_same_device = request.server.logical == reply.server.logical and reply.client == request.client
    return is_same_meter and is_same_device and reply.is_from_server and reply.is_started_by_client


def _piid(number: int) -> int:
    if not 0 <= number <= _NUMBER_MASK:
        raise LocalProtocolError(f"invocation number {number} is not in 0 to {_NUMBER_MASK}")
    return number
