"""Part of the contract double: line protocol, read strictly. Knows only what the documents say, not what we send."""

from __future__ import annotations

import re
from dataclasses import dataclass

NAME = r"(?:[^,= \\\n\r]|\\[,= ])+"
INTEGER = r"-?(?:0|[1-9][0-9]*)i"
FLOAT = r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
STRING = r'"(?:[^"\\]|\\["\\])*"'
FIELD = rf"(?P<key>{NAME})=(?P<value>{INTEGER}|{FLOAT}|{STRING})"
LINE = re.compile(
    rf"(?P<measurement>(?:[^, \\\n\r]|\\[, ])+)(?P<tags>(?:,{NAME}={NAME})*) "
    rf"(?P<fields>{FIELD.replace('?P<key>', '?:').replace('?P<value>', '?:')}"
    rf"(?:,{FIELD.replace('?P<key>', '?:').replace('?P<value>', '?:')})*) (?P<time>-?[0-9]+)"
)
FIELDS = re.compile(FIELD)
STRING_BYTES = 64 * 1024
OLDEST, NEWEST = -9_223_372_036_854_775_806, 9_223_372_036_854_775_806
FieldValue = int | float | str
Series = tuple[str, tuple[tuple[str, str], ...]]


class Malformed(ValueError):
    """A line is not line protocol, or out of its bounds."""


@dataclass(frozen=True, slots=True)
class Point:
    """One line."""

    series: Series
    time: int
    fields: tuple[tuple[str, FieldValue], ...]


def points(body: bytes) -> list[Point]:
    """All points of a body; Malformed with the first bad line."""
    text = body.decode("utf-8", errors="strict")
    return [_point(line) for line in text.split("\n") if line]


def _point(line: str) -> Point:
    match = LINE.fullmatch(line)
    if match is None:
        raise Malformed(f"unable to parse '{line}': not line protocol")
    time = int(match["time"])
    if not OLDEST <= time <= NEWEST:
        raise Malformed(f"unable to parse '{line}': time outside range")
    tags = [tuple(_plain(part) for part in tag.split("=", 1)) for tag in match["tags"].split(",")[1:]]
    if len({key for key, _ in tags}) < len(tags):
        raise Malformed(f"unable to parse '{line}': duplicate tags")
    fields = tuple((_plain(field["key"]), _value(field["value"], line)) for field in FIELDS.finditer(match["fields"]))
    return Point((_plain(match["measurement"]), tuple(sorted((key, value) for key, value in tags))), time, fields)


def _value(text: str, line: str) -> FieldValue:
    if text.startswith('"'):
        if len(text) - 2 > STRING_BYTES:
            raise Malformed("unable to parse a line: string too long")
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    if not text.endswith("i"):
        return float(text)
    number = int(text[:-1])
    if not -(2**63) <= number < 2**63:
        raise Malformed(f"unable to parse '{line}': unable to parse integer {text}: value out of range")
    return number


def _plain(text: str) -> str:
    return re.sub(r"\\([,= ])", r"\1", text)
