"""How long a message is, told by its first bytes, from pymodbus's table of functions.

A master here only reads, so it believes in no other response: the fewer headers are possible, the less noise
looks like one.
"""

import struct
from typing import Final

from pymodbus.exceptions import ModbusException
from pymodbus.pdu import DecodePDU

from protocols.modbus.frame import EXCEPTION, Role

CRC_SIZE: Final = 2
INCOMPLETE: Final = 0
_DECODERS: Final = {Role.MASTER: DecodePDU(is_server=False), Role.METER: DecodePDU(is_server=True)}
_READS: Final = frozenset({1, 2, 3, 4})
_BELIEVED: Final = {
    Role.MASTER: _READS | {function | EXCEPTION for function in _READS},
    Role.METER: frozenset(DecodePDU.pdu_table),
}


def believed_size(role: Role, message: bytes) -> int | None:
    """Bytes of unit, function and data that a listener in this role takes; 0 = tell more, None = no such message."""
    if len(message) < 2:
        return INCOMPLETE
    return size(role, message) if message[1] in _BELIEVED[role] else None


def size(role: Role, message: bytes) -> int | None:
    """Bytes of unit, function and data; 0 while too few bytes tell it, None where the function is unknown."""
    if len(message) < 2:
        return INCOMPLETE
    decoder = _DECODERS[role]
    if message[1] & ~EXCEPTION not in DecodePDU.pdu_table:
        return None
    try:
        kind = decoder.lookupPduClass(message)
        whole = kind.calculateRtuFrameSize(message) if kind else None
    except (IndexError, struct.error):
        return INCOMPLETE
    except ModbusException:  # a kind of message whose length nothing tells
        return None
    if whole is None:
        return None
    return whole - CRC_SIZE if whole else INCOMPLETE
