"""How the data field of a command is cut into values, and put together again. Holds no table itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from protocols.dlt645.command_formats import Hex
from protocols.dlt645.data_item import Part, parts_in_order
from protocols.dlt645.formats import Format, Quantity, Value
from protocols.errors import LocalProtocolError

LEVEL: Final = "password_level"
_SECRETS: Final = re.compile(
    r"(?:old_|new_)?password(?:_\d+)?|.*operator_code.*|cipher_text|secured_data|security_data"
)

_ENCRYPTED: Final = 0x98
_SECURED: Final = 0x99
_SECURED_NAMES: Final = {_ENCRYPTED: "cipher_text", _SECURED: "secured_data"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Parts of fixed size, then whatever follows under the name `rest`; without one, nothing may follow.

    Under the levels 98 and 99 everything behind the operator code is for the security module and stays hex.
    """

    parts: tuple[Part, ...] = ()
    rest: str | None = None

    @property
    def size(self) -> int:
        """Bytes of the fixed parts."""
        return max((part.offset + part.format.size for part in self.parts), default=0)

    def fits(self, data: bytes) -> bool:
        return len(data) == self.size or (self.rest is not None and len(data) > self.size)

    def decode(self, data: bytes) -> tuple[Value, ...]:
        """The values of data that `fits`; what follows the parts is left to `tail`."""
        return tuple(
            part.format.decode(data[part.offset : part.offset + part.format.size], part.name, "") for part in self.parts
        )

    def tail(self, data: bytes) -> bytes:
        return data[self.size :]

    def encode(self, quantities: Mapping[str, Quantity], rest: bytes = b"") -> bytes:
        """Inverse of `decode`; parts that share their bytes with another are left out of `quantities`."""
        unknown = quantities.keys() - {part.name for part in self.parts}
        if unknown:
            raise LocalProtocolError(f"no such values in this command: {', '.join(sorted(unknown))}")
        if rest and self.rest is None:
            raise LocalProtocolError("nothing may follow the values of this command")
        data = bytearray(self.size)
        written = bytearray(self.size)
        for part in self.parts:
            if part.name in quantities:
                place = slice(part.offset, part.offset + part.format.size)
                data[place] = part.format.encode(quantities[part.name])
                written[place] = b"\x01" * part.format.size
        if not all(written):
            raise LocalProtocolError(f"this command wants: {', '.join(part.name for part in self.parts)}")
        return bytes(data) + rest


def is_secret(name: str) -> bool:
    """Whether a log must never carry the value of this name."""
    return _SECRETS.fullmatch(name) is not None


def in_order(*named: tuple[str, Format], rest: str | None = None) -> Layout:
    """Values one behind the other."""
    return Layout(parts_in_order(named), rest)


def beside(layout: Layout, name: str, value_format: Format, of: str) -> Layout:
    """The layout with one more reading of the bytes that `of` lies in."""
    offset = next(part.offset for part in layout.parts if part.name == of)
    at = [part.name for part in layout.parts].index(of) + 1
    parts = (*layout.parts[:at], Part(name, value_format, offset), *layout.parts[at:])
    return Layout(parts, layout.rest)


def hex_value(name: str, raw: bytes) -> Value:
    """Bytes that nothing more is known of, high byte first."""
    return Hex(len(raw)).decode(raw, name, "")


def secured_name(layout: Layout, data: bytes) -> str | None:
    """What the bytes behind the operator code are called where the level hands them to the security module."""
    levels = [part.offset for part in layout.parts if part.name == LEVEL]
    if not levels or len(data) <= levels[0]:
        return None
    return _SECURED_NAMES.get(data[levels[0]])
