"""What strangers may send to the three receivers that find their way back: their frames, patterns and parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from protocols import dlt645, dlt698, gdw1376
from protocols.dlt645.connection import FRAMING as FRAMING_645
from protocols.dlt645.frame import MAX_FRAME_SIZE as LONGEST_645
from protocols.dlt698 import fcs
from protocols.dlt698.connection import FRAMING as FRAMING_698
from protocols.dlt698.frame import MAX_FRAME_SIZE as LONGEST_698
from protocols.gdw1376.connection import FRAMING as FRAMING_1376
from protocols.gdw1376.frame import MAX_FRAME_SIZE as LONGEST_1376
from protocols.resync import Framing
from tests.unit.protocols.dlt645.reference_connection import Connection as Reference645
from tests.unit.protocols.dlt698.reference_connection import Connection as Reference698
from tests.unit.protocols.gdw1376.reference_connection import Connection as Reference1376

ALL = 1 << 16


class Hearing(Protocol):
    """A receiver; the events are those of its protocol."""

    def receive(self, data: bytes) -> Sequence[Any]: ...  # Any: events of three protocols

    def line_idle(self) -> Sequence[Any]: ...  # Any: as above


@dataclass(frozen=True)
class Line:
    """One protocol with its oracle."""

    connection: Callable[[], Hearing]
    reference: Callable[[], Hearing]
    framing: Framing[Any]  # Any: events of three protocols
    longest: int
    frame: bytes
    shortest: bytes
    headers: Mapping[str, bytes]

    @property
    def patterns(self) -> dict[str, bytes]:
        """Each is repeated until the buffer is full."""
        frame, shortest = self.frame, self.shortest
        broken = {
            "wrong end": frame[:-1] + b"\x17",
            "wrong sum": frame[:-2] + bytes((frame[-2] ^ 1, frame[-1])),
            "frames": frame,
            "shortest frames": shortest,
            "frames and noise": shortest + b"\0",
            "frames and broken ones": shortest + shortest[:-1] + b"\0",
        }
        return SIMPLE | broken | dict(self.headers)


SIMPLE = {
    "starts": b"\x68",
    "zeros": b"\0",
    "all FF": b"\xff",
    "wake-up bytes": b"\xfe",
    "starts and ends": b"\x68\x16",
    "wake-up bytes and starts": b"\xfe\x68",
    "wake-up bytes around": b"\0" + b"\xfe" * 1023,
    "every fifth a start": b"\x68" + bytes(4),
    "every seventh a start": b"\x68" + bytes(6),
    "random": Random(645).randbytes(ALL),
    "random of few": bytes(Random(698).choices(b"\x68\x68\x16\xfe\x00\x09\x22\x91\xc8", k=ALL)),
}


def _true_header(length: int) -> bytes:
    header = length.to_bytes(2, "little") + b"\x43\x00\x01\x00"
    return b"\x68" + header + fcs.check_sequence(header)


DLT645 = Line(
    dlt645.Connection,
    Reference645,
    FRAMING_645,
    LONGEST_645,
    dlt645.encode(dlt645.Frame("681668166816", 0x91, bytes.fromhex("35E3CB00")), preamble=0),
    dlt645.encode(dlt645.Frame("000000000161", 0x91), preamble=0),
    {
        "longest promised": bytes.fromhex("6801010101010168 91C8"),
        "too long promised": bytes.fromhex("6801010101010168 91F0"),
        "headers one in another": b"\x68" * 7 + bytes.fromhex("6891C8"),
        "never complete": b"\x68" * 6 + b"\x16",
    },
)
GDW1376 = Line(
    gdw1376.Connection,
    Reference1376,
    FRAMING_1376,
    LONGEST_1376,
    gdw1376.encode(gdw1376.Frame(0x88, "6816", 0x6868, 0x68, 0x0C, 0x60, bytes.fromhex("68320032006816FE"))),
    gdw1376.encode(gdw1376.Frame(0xC9, "4403", 4, 0, 2, 0x71)),
    {
        "longest promised": bytes.fromhex("68FEFFFEFF68"),
        "headers one in another": bytes.fromhex("684A024A02"),
        "headers that end well": bytes.fromhex("6816011601"),
        "shortest promised": bytes.fromhex("682200220068"),
        "long ones that end well": bytes.fromhex("6822F822F868161616"),
    },
)
DLT698 = Line(
    dlt698.Connection,
    Reference698,
    FRAMING_698,
    LONGEST_698,
    bytes.fromhex("681E00C305000000000000009E548501000010020101060001E24000005AD416"),
    dlt698.encode(dlt698.Frame(0x43, dlt698.ServerAddress("12"), 0, b"\x05"), preamble=0),
    {
        "longest promised": _true_header(0x3FFF),
        "300 promised": _true_header(300),
        "long ones that end well": _true_header(0x3F00) + b"\x16\x16\x16",
        "true headers one in another": bytes.fromhex("684E009D"),
        "false headers": bytes.fromhex("68170000"),
        "headers one in another": bytes.fromhex("68683F00"),
        "longest addresses": b"\x68\x60\x00\x43\x0f" + b"\x68" * 19,
    },
)
LINES = {"dlt645": DLT645, "gdw1376": GDW1376, "dlt698": DLT698}


def filled(pattern: bytes, size: int = ALL) -> bytes:
    return (pattern * (size // len(pattern) + 1))[:size]


def cut(raw: bytes, size: int) -> list[bytes]:
    return [raw[n : n + size] for n in range(0, len(raw), size)]


def heard(receiver: Hearing, pieces: Iterable[bytes | None]) -> list[Sequence[Any]]:  # Any: events of three protocols
    """What each call gave; None is silence, and silence is last."""
    said = [receiver.line_idle() if piece is None else receiver.receive(piece) for piece in pieces]
    return [*said, receiver.line_idle()]
