"""What a master asks and sets, as frames: data of the three classes, parameters, and a meter behind a port.

Frames that switch, set the clock or reset are not here but in `control_frames`, which nothing may import that sends.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from protocols.errors import LocalProtocolError
from protocols.gdw1376 import frame as frames
from protocols.gdw1376 import identifiers, layouts
from protocols.gdw1376.auxiliary import PASSWORD_SIZES, WITH_PASSWORD, TimeTag
from protocols.gdw1376.formats import Quantity
from protocols.gdw1376.frame import Edition, Frame
from protocols.gdw1376.functions import layout_of

USER_DATA, CLASS_1, CLASS_2 = 4, 10, 11
"""FC of a primary station."""
_NO_QUANTITIES: Final[Mapping[str, Quantity]] = {}


@dataclass(frozen=True, slots=True)
class Terminal:
    """Whom to ask, as whom, and the password that this terminal wants behind its settings (0, 2 or 16 bytes)."""

    district: str
    number: int
    master: int = 1
    password: bytes = bytes(16)
    edition: Edition = Edition.GDW1376

    def __post_init__(self) -> None:
        if len(self.password) not in PASSWORD_SIZES:
            raise LocalProtocolError(f"a password of {len(self.password)} bytes; it has 0, 2 or 16")
        if not 0 <= self.master <= 127:
            raise LocalProtocolError(f"master {self.master} is not between 0 and 127")


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a request stands in the exchange: its sequence, whether it asks for confirmation, its time tag."""

    sequence: int
    confirm: bool = False
    time_tag: TimeTag | None = None


class Units(NamedTuple):
    """Functions of points. Only one function of one point can carry quantities."""

    points: Sequence[int]
    functions: Sequence[int]
    quantities: Mapping[str, Quantity] = _NO_QUANTITIES


def request(terminal: Terminal, afn: int, units: Iterable[Units], turn: Turn, *, link_function: int) -> Frame:
    """A frame of these units with the tail that its AFN and its turn want."""
    data = b"".join(encode_units(one, afn, is_up=False, edition=terminal.edition) for one in units)
    if afn in WITH_PASSWORD:
        data += terminal.password
    if turn.time_tag is not None:
        data += turn.time_tag.encode()
    return Frame(
        frames.down(link_function),
        terminal.district,
        terminal.number,
        terminal.master << 1,
        afn,
        frames.seq(turn.sequence, confirm=turn.confirm, time_tag=turn.time_tag is not None),
        data,
        terminal.edition,
    )


def encode_units(units: Units, afn: int, *, is_up: bool, edition: Edition = Edition.GDW1376) -> bytes:
    """Identifiers and data. Functions whose layout we do not know cannot be built."""
    parts = [layout_of(afn, function, is_up=is_up, edition=edition) for function in dict.fromkeys(units.functions)]
    unknown = [function for function, layout in zip(units.functions, parts, strict=False) if layout is None]
    if unknown:
        raise LocalProtocolError(f"AFN {afn:02X} F{unknown[0]}: layout not known")
    named = identifiers.encode(units.points, units.functions)
    if len(units.points) == len(units.functions) == 1 and parts[0] is not None:
        return named[0] + layouts.encode(parts[0], units.quantities)
    if any(parts):
        raise LocalProtocolError("functions that carry data go one by one")
    return b"".join(named)


def read_current(terminal: Terminal, points: Sequence[int], functions: Sequence[int], turn: Turn) -> Frame:
    """AFN 0C."""
    return request(terminal, 0x0C, [Units(points, functions)], turn, link_function=CLASS_2)


def read_history(terminal: Terminal, point: int, function: int, when: Mapping[str, Quantity], turn: Turn) -> Frame:
    """AFN 0D: `when` names a day, a month, or start, density and points of a curve."""
    return request(terminal, 0x0D, [Units((point,), (function,), when)], turn, link_function=CLASS_2)


def read_events(terminal: Terminal, function: int, pointers: tuple[int, int], turn: Turn) -> Frame:
    """AFN 0E: F1 important or F2 ordinary events between two pointers of the ring."""
    when = {"pointer_start": pointers[0], "pointer_end": pointers[1]}
    return request(terminal, 0x0E, [Units((0,), (function,), when)], turn, link_function=CLASS_2)


def query_parameters(terminal: Terminal, points: Sequence[int], functions: Sequence[int], turn: Turn) -> Frame:
    """AFN 0A."""
    return request(terminal, 0x0A, [Units(points, functions)], turn, link_function=CLASS_2)


def query_meter_file(terminal: Terminal, indices: Sequence[int], turn: Turn) -> Frame:
    """AFN 0A F10: the entries of the meter file with these indices."""
    wanted: dict[str, Quantity] = {"meters": len(indices)}
    wanted |= {f"index_{number}": index for number, index in enumerate(indices, 1)}
    return request(terminal, 0x0A, [Units((0,), (10,), wanted)], turn, link_function=CLASS_2)


def set_parameters(
    terminal: Terminal, point: int, function: int, settings: Mapping[str, Quantity], turn: Turn
) -> Frame:
    """AFN 04 with what the function's layout names: F1, F3, F10 and the others we know."""
    return request(terminal, 0x04, [Units((point,), (function,), settings)], turn, link_function=CLASS_1)


@dataclass(frozen=True, slots=True)
class Port:
    """A terminal's port to meters, and how it is to be set for one exchange. 31 is carrier or radio."""

    number: int
    baud_rate: int = 2400
    parity: str = "E"
    data_bits: int = 8
    stop_bits: int = 1
    message_timeout_ms: int = 60_000
    byte_timeout_ms: int = 100


def forward(terminal: Terminal, port: Port, inner: bytes, turn: Turn) -> Frame:
    """AFN 10 F1: bytes for a meter, sent as they are. What they mean, the caller must have judged."""
    quantities: dict[str, Quantity] = {
        "port": port.number,
        "data_bits": port.data_bits,
        "parity_odd": int(port.parity == "O"),
        "parity_used": int(port.parity != "N"),
        "stop_bits": port.stop_bits,
        "baud_rate": port.baud_rate,
        "message_timeout": port.message_timeout_ms,
        "byte_timeout": port.byte_timeout_ms,
        "forwarded": inner.hex(),
    }
    return request(terminal, 0x10, [Units((0,), (1,), quantities)], turn, link_function=CLASS_2)
