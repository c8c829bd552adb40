"""The Flux texts that are sent: range, filter, sometimes last. Pure; what is newest is decided in our own columns.

The server does not take parameters, so values are written into the text: integers, instants, and one quoted bucket.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from headend.stores.readings.influxdb.points import FRAME, HEARD, NEWEST_NS, OLDEST_NS, READING

Span = tuple[int, int]
EVER: Span = (OLDEST_NS, NEWEST_NS)
COLUMNS = '"_time", "_value", "_field"'
FORBIDDEN = frozenset('"\\$')


def quoted(text: str) -> str:
    """A Flux string; ValueError for what would need escaping."""
    if not text.isprintable() or FORBIDDEN & set(text):
        raise ValueError(f"{text!r} has quotes, backslashes, dollars or control characters")
    return f'"{text}"'


@dataclass(frozen=True, slots=True)
class Flux:
    """Texts for one bucket. Spans are nanoseconds, the end is not in them; an empty `types` means all."""

    bucket: str

    def readings(self, span: Span, installations: Iterable[int] = (), types: Iterable[int] = ()) -> str:
        """All revisions of these readings."""
        return self._text(span, READING, _among("installation", installations) + _among("type", types))

    def newest_readings(self, installation: int) -> str:
        """The newest point of each type: its newest time, and of that the newest revision."""
        return self._text(EVER, READING, _among("installation", [installation]), "last()")

    def newest_times(self) -> str:
        """One row for each installation and type: the time of its newest reading."""
        return self._text(EVER, READING, ' and r._field == "value"', "last()")

    def times(self, span: Span, type_id: int) -> str:
        """One row for each reading of a type."""
        return self._text(span, READING, _among("type", [type_id]) + ' and r._field == "value"')

    def heard(self, since: int) -> str:
        """One row for each installation: when it was last heard."""
        return self._text((since, NEWEST_NS), HEARD, "", "last()", ("installation",))

    def frame(self, point: int) -> str:
        """The two fields of one raw frame."""
        return self._text((point, point + 1), FRAME, "", tags=())

    def newest_frame(self) -> str:
        """The newest raw frame."""
        return self._text(EVER, FRAME, ' and r._field == "request"', "last()", ())

    def _text(
        self,
        span: Span,
        measurement: str,
        clauses: str,
        then: str = "",
        tags: tuple[str, ...] = ("installation", "type"),
    ) -> str:
        start, stop = (_instant(min(max(edge, OLDEST_NS), NEWEST_NS)) for edge in span)
        columns = ", ".join([COLUMNS, *(f'"{tag}"' for tag in tags)])
        steps = [
            f"from(bucket: {quoted(self.bucket)})",
            f"range(start: {start}, stop: {stop})",
            f'filter(fn: (r) => r._measurement == "{measurement}"{clauses})',
            *([then] if then else []),
            f"keep(columns: [{columns}])",
        ]
        return "\n  |> ".join(steps)


def _among(tag: str, numbers: Iterable[int]) -> str:
    alternatives = [f'r.{tag} == "{int(number)}"' for number in numbers]
    return f" and ({' or '.join(alternatives)})" if alternatives else ""


def _instant(nanoseconds: int) -> str:
    return f"{np.datetime64(nanoseconds, 'ns')}Z"
