"""Reading registers, both sides: the request, its reply, and whether a reply answers a request."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from protocols.errors import LocalProtocolError
from protocols.modbus.exceptions import exception_name
from protocols.modbus.frame import EXCEPTION, MAX_REGISTERS, Frame

HOLDING_REGISTERS: Final = 3
INPUT_REGISTERS: Final = 4
READS: Final = frozenset({HOLDING_REGISTERS, INPUT_REGISTERS})
_SPAN: Final = struct.Struct(">HH")
_WORDS: Final = [struct.Struct(f">{count}H") for count in range(MAX_REGISTERS + 1)]


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """`count` registers from the 0-based `address` on."""

    function: int
    address: int
    count: int


class Registers(NamedTuple):
    """The words that were asked for."""

    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """An exception response."""

    code: int

    def __str__(self) -> str:
        return f"exception {self.code:02X}: {exception_name(self.code)}"


def read_request(unit: int, read: ReadRequest, *, transaction: int = 0) -> Frame:
    """The frame that asks; refuses what Modbus does not allow."""
    if read.function not in READS:
        raise LocalProtocolError(f"function {read.function} reads no registers: 3 or 4 does")
    if not 1 <= read.count <= MAX_REGISTERS:
        raise LocalProtocolError(f"{read.count} registers; a request is for 1 to {MAX_REGISTERS}")
    if read.address < 0 or read.address + read.count > 0x10000:
        raise LocalProtocolError(f"{read.count} registers from {read.address} on run over the last one, 65535")
    return Frame(unit, read.function, _SPAN.pack(read.address, read.count), transaction)


def take_request(frame: Frame) -> ReadRequest | None:
    """What a frame asks for, or None where it reads no registers. Limits are the meter's to judge."""
    if frame.function not in READS or len(frame.data) != 4:
        return None
    address, count = _SPAN.unpack(frame.data)
    return ReadRequest(frame.function, address, count)


def read_reply(request: Frame, words: Sequence[int]) -> Frame:
    """A meter's answer to a read."""
    if len(words) > MAX_REGISTERS:
        raise LocalProtocolError(f"{len(words)} registers; a reply carries at most {MAX_REGISTERS}")
    data = struct.pack(f">B{len(words)}H", 2 * len(words), *words)
    return Frame(request.unit, request.function, data, request.transaction)


def exception_reply(request: Frame, code: int) -> Frame:
    """A meter's refusal."""
    return Frame(request.unit, request.function | EXCEPTION, bytes((code,)), request.transaction)


def answers(request: Frame, reply: Frame) -> bool:
    """Whether `reply` can only be the answer to this read: transaction, unit, function and byte count agree."""
    if reply.transaction != request.transaction or reply.unit != request.unit:
        return False
    data = reply.data
    if reply.function != request.function:
        return reply.function == request.function | EXCEPTION and len(data) == 1
    size = 2 * (request.data[2] << 8 | request.data[3])
    return len(data) == 1 + size and data[0] == size


def outcome(reply: Frame) -> Registers | Refused:
    """What a reply that answers says."""
    if reply.is_exception:
        return Refused(reply.data[0])
    return Registers(_WORDS[len(reply.data) // 2].unpack_from(reply.data, 1))
