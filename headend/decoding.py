"""Which decoder describes a line of hex: by name, or by trying each. Joins DI and reading type by the one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from headend.domain.errors import ConfigError
from headend.domain.reading_types import ReadingTypeTable
from protocols.dlt645 import describe as dlt645
from protocols.dlt698 import describe as dlt698
from protocols.gdw1376 import describe as gdw1376
from protocols.modbus import describe as modbus_rtu

JsonFrame = Mapping[str, Any]  # Any: JSON


class Described(Protocol):
    """A frame in words, of any protocol."""

    @property
    def valid(self) -> bool:
        """The frame is whole and true."""
        ...

    def as_json_dict(self, line: int | None = None) -> dict[str, Any]:  # Any: JSON
        """The JSON object."""
        ...


Describe = Callable[[str], Sequence[Described]]
DECODERS: Mapping[str, Describe] = {
    "dlt645": lambda text: dlt645.describe_line(text, "dlt645"),
    "dlt645-1997": lambda text: dlt645.describe_line(text, "dlt645-1997"),
    "dlt698": dlt698.describe_line,
    "gdw1376": gdw1376.describe_line,
    "modbus-rtu": modbus_rtu.describe_line,
}


def _dlt698_where_sure(text: str) -> Sequence[Described]:
    """Before DL/T 645, whose frames a message may carry: where the line begins with a header that its HCS proves."""
    frames = dlt698.describe_line(text)
    return frames if frames and frames[0].address is not None else ()


def _gdw1376_where_sure(text: str) -> Sequence[Described]:
    """Before DL/T 645, whose frames a terminal forwards: a whole frame, or the complaint about a broken one."""
    frames = gdw1376.describe_line(text)
    return frames if gdw1376.claims(text) or any(frame.valid for frame in frames) else ()


def _dlt645_where_no_terminal_speaks(text: str) -> Sequence[Described]:
    """What a broken frame of a terminal wraps is not believed."""
    return () if gdw1376.claims(text) else dlt645.describe_line(text)


def _modbus_rtu_where_sure(text: str) -> Sequence[Described]:
    """Modbus marks no start: guessed only where no header of DL/T 645 stands and the whole line is frames."""
    if any(frame.address is not None for frame in dlt645.describe_line(text)):
        return ()
    frames = modbus_rtu.describe_line(text)
    return frames if all(frame.valid and frame.direction for frame in frames) else ()


AUTO: Sequence[Describe] = (
    _dlt698_where_sure,
    _gdw1376_where_sure,
    _dlt645_where_no_terminal_speaks,
    _modbus_rtu_where_sure,
)


def decoder(protocol: str, types: ReadingTypeTable) -> Callable[[str], Sequence[JsonFrame]]:
    """The decoder of this name; `auto` takes the first that finds a valid frame, else the first one's complaint."""
    if protocol != "auto" and protocol not in DECODERS:
        known = ", ".join(("auto", *DECODERS))
        raise ConfigError(f"no decoder {protocol!r}", key="protocol", remedy=f"known: {known}")
    candidates = AUTO if protocol == "auto" else (DECODERS[protocol],)

    def describe(text: str) -> Sequence[JsonFrame]:
        complaints: Sequence[Described] = ()
        for candidate in candidates:
            frames = candidate(text)
            if any(frame.valid for frame in frames):
                return [_with_reading_type(frame, types) for frame in frames]
            complaints = complaints or frames
        return [_with_reading_type(frame, types) for frame in complaints]

    return describe


def _with_reading_type(frame: Described, types: ReadingTypeTable) -> JsonFrame:
    described = frame.as_json_dict()
    known = types.of_data_identifier(str(described.get("data_identifier") or ""))
    if known is not None:
        described["reading_type"] = known.name
    described.pop("line", None)
    return described
