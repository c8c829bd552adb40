"""What `headend decode` promises of a frame, for every protocol: the keys, their order, and how a line of hex is read.

A shared room like `errors`: it knows no protocol.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from protocols.errors import ProtocolError

JsonValue = str | int | bool | None | list[int] | list[str] | list[dict[str, str | None]] | dict[str, str | list[str]]

CONTRACT: Final = (
    "line",
    "valid",
    "protocol",
    "address",
    "control",
    "function",
    "direction",
    "data_identifier",
    "reading_type",
    "value",
    "unit",
    "fields",
    "error",
    "problem",
)
_HEX_DECORATION: Final = str.maketrans("", "", " \t\r\n,;:-_")


class NotHex(ProtocolError):
    """A line that is no bytes; its message is the problem that the frame's object tells."""


@dataclass(frozen=True, slots=True)
class DescribedField:
    """One value as text; None where the device gave none."""

    name: str
    value: str | None
    unit: str


@dataclass(frozen=True, slots=True)
class DescribedError:
    """A refusal: its code in hex, and in words what it says."""

    code: str
    reasons: tuple[str, ...]


def json_object(
    told: Mapping[str, JsonValue], fields: Iterable[DescribedField], error: DescribedError | None
) -> dict[str, JsonValue]:
    """The object of one frame: the keys of the contract in their order, then those that only its protocol has."""
    described: dict[str, JsonValue] = {key: told.get(key) for key in CONTRACT}
    described["fields"] = [{"name": field.name, "value": field.value, "unit": field.unit} for field in fields]
    if error is not None:
        described["error"] = {"code": error.code, "reasons": list(error.reasons)}
    return {**described, **{key: value for key, value in told.items() if key not in described}}


def read_hex(text: str) -> bytes:
    """The bytes of a line: spaces, separators and 0x are no matter; NotHex says what is."""
    digits = text.lower().replace("0x", "").translate(_HEX_DECORATION)
    strange = next((character for character in digits if character not in "0123456789abcdef"), None)
    if strange is not None:
        raise NotHex(f"not hex: {strange!r}")
    if len(digits) % 2:
        raise NotHex(f"odd number of hex digits: {len(digits)}")
    return bytes.fromhex(digits)
