"""Part of the contract double: the few Flux texts it answers. No interpreter: one shape, read strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

INSTANT = r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z)"
EQUAL = r'r\.\w+ == "[\w]+"'
SHAPE = re.compile(
    r'from\(bucket: "(?P<bucket>[^"\\$\x00-\x1f]+)"\)\n'
    rf"  \|> range\(start: (?P<start>{INSTANT[1:-1]}), stop: (?P<stop>{INSTANT[1:-1]})\)\n"
    rf"  \|> filter\(fn: \(r\) => (?P<clauses>{EQUAL}(?: and (?:{EQUAL}|\({EQUAL}(?: or {EQUAL})*\)))*)\)\n"
    r"(?P<last>  \|> last\(\)\n)?"
    r'  \|> keep\(columns: \[(?P<columns>"\w+"(?:, "\w+")*)\]\)'
)
ONE = re.compile(r'r\.(\w+) == "(\w+)"')


class NotUnderstood(ValueError):
    """Not one of the texts that the double answers."""


@dataclass(frozen=True, slots=True)
class Question:
    """One query: where, when, which series, which columns."""

    bucket: str
    start: int
    stop: int
    allowed: Mapping[str, frozenset[str]]
    columns: tuple[str, ...]
    is_last: bool
    is_nano: bool

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether a series with these labels is asked for."""
        return all(labels.get(key) in values for key, values in self.allowed.items())

    def told(self, time: int) -> str:
        """An instant as the asked dialect writes it; Go leaves trailing zeros of a second's fraction away."""
        whole, _, fraction = str(np.datetime64(time, "ns")).partition(".")
        fraction = fraction.rstrip("0") if self.is_nano else ""
        return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"


def question(text: str, dialect: Mapping[str, object]) -> Question:
    """What a text asks; NotUnderstood for anything else than our few."""
    match = SHAPE.fullmatch(text)
    if match is None:
        raise NotUnderstood(f"the contract double does not answer this text: {text}")
    allowed: dict[str, frozenset[str]] = {}
    for clause in match["clauses"].split(" and "):
        pairs = ONE.findall(clause)
        [key] = {key for key, _ in pairs}
        allowed[key] = frozenset(value for _, value in pairs)
    start, stop = (int(np.datetime64(match[edge][:-1], "ns").astype(np.int64)) for edge in ("start", "stop"))
    if start >= stop:
        raise NotUnderstood("cannot query an empty range")
    columns = tuple(re.findall(r'"(\w+)"', match["columns"]))
    is_nano = dialect.get("dateTimeFormat") == "RFC3339Nano"
    return Question(match["bucket"], start, stop, allowed, columns, match["last"] is not None, is_nano)
