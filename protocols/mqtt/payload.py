"""JSON payloads read strictly: numbers as exact decimals, no NaN, bounded size and depth. Knows no reading type."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from protocols.errors import RemoteProtocolError

LARGEST_PAYLOAD: Final = 65_536
DEEPEST: Final = 16
MOST_DIGITS: Final = 24
LARGEST_MAGNITUDE: Final = 15  # below 10**15; told by the exponent, for arithmetic would overflow


@dataclass(frozen=True, slots=True)
class Told:
    """What stands at a path: a number, or None and why there is none."""

    value: Decimal | None
    problem: str = ""
    is_present: bool = True


@dataclass(frozen=True, slots=True)
class Payload:
    """One object as the device sent it."""

    content: Mapping[str, Any]  # Any: JSON

    def number(self, path: str) -> Told:
        """The number at a dotted path; a part that is a number counts into a list from 0."""
        found = self.at(path)
        if found is None:
            return Told(None, f"nothing at {path}", is_present=False)
        if isinstance(found, bool) or not isinstance(found, int | Decimal | str):
            return Told(None, f"{path} is {_kind(found)}, not a number")
        return _number(found, path)

    def at(self, path: str) -> Any | None:  # Any: JSON
        """What stands at a dotted path, None where nothing does."""
        here: Any = self.content  # Any: JSON
        for part in path.split("."):
            if isinstance(here, Mapping):
                here = here.get(part)
            elif isinstance(here, Sequence) and not isinstance(here, str) and part.isascii() and part.isdecimal():
                here = here[int(part)] if len(part) < 6 and int(part) < len(here) else None
            else:
                return None
        return here


def parse(raw: bytes) -> Payload:
    """The object in a payload; RemoteProtocolError says what is wrong with it, whatever the bytes are."""
    if len(raw) > LARGEST_PAYLOAD:
        raise RemoteProtocolError(f"{len(raw)} bytes, at most {LARGEST_PAYLOAD} are taken")
    try:
        content = json.loads(
            raw.decode("utf-8"),
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_constant,
            object_pairs_hook=_once,
        )
    except RecursionError as error:
        raise RemoteProtocolError(f"nested deeper than {DEEPEST} levels") from error
    except UnicodeDecodeError as error:
        raise RemoteProtocolError("is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise RemoteProtocolError(f"is not JSON: {error.msg} at byte {error.pos}") from error
    if not isinstance(content, dict):
        raise RemoteProtocolError(f"is {_kind(content)}, not an object")
    _check_depth(content)
    return Payload(content)


def parse_text(raw: bytes) -> Told:
    """The number that is all of a payload; `nan` is how a device says that it has none."""
    text = raw[: MOST_DIGITS + 9].decode("utf-8", "replace").strip()
    if text.lower() == "nan":
        return Told(None, "is nan", is_present=False)
    return _number(text, "the payload")


def _number(found: int | Decimal | str, path: str) -> Told:
    if isinstance(found, str) and (len(found) > MOST_DIGITS + 8 or not found.isascii() or "_" in found):
        return Told(None, f"{path} is no number: {found[:40]!r}")
    try:
        value = Decimal(found)
    except InvalidOperation:
        return Told(None, f"{path} is no number: {found!r}")
    if not value.is_finite():
        return Told(None, f"{path} is {value}")
    if not -MOST_DIGITS <= value.adjusted() < LARGEST_MAGNITUDE or len(value.as_tuple().digits) > MOST_DIGITS:
        return Told(None, f"{path} is beyond every meter's range")
    return Told(value)


def _decimal(text: str) -> Decimal:
    _check_digits(text)
    try:
        return Decimal(text)
    except InvalidOperation as error:  # an exponent of twenty digits is JSON, and no Decimal
        raise RemoteProtocolError(f"{text} is beyond every number") from error


def _integer(text: str) -> int:
    _check_digits(text)
    return int(text)


def _check_digits(text: str) -> None:
    if len(text) > MOST_DIGITS + 8:
        raise RemoteProtocolError(f"a number of {len(text)} characters")


def _constant(name: str) -> None:
    raise RemoteProtocolError(f"{name} is not JSON")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:  # Any: JSON
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RemoteProtocolError("an object has a name twice")
    return found


def _check_depth(content: object) -> None:
    level: list[object] = [content]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise RemoteProtocolError(f"nested deeper than {DEEPEST} levels")


def _inside(outer: object) -> Sequence[object]:
    if isinstance(outer, dict):
        return list(outer.values())
    return outer if isinstance(outer, list) else ()


def _kind(found: object) -> str:
    if found is None:
        return "null"
    names = {
        bool: "true or false",
        dict: "an object",
        list: "a list",
        str: "text",
        int: "a number",
        Decimal: "a number",
    }
    return names[type(found)]
