"""Part of the contract double: the points of one bucket. The same measurement, tags and time: fields are replaced."""

from __future__ import annotations

from tests.fakes.influxdb.flux import Question
from tests.fakes.influxdb.line_protocol import FieldValue, Point, Series, points

Row = dict[str, str]
Field = tuple[Series, str]


class PartialWrite(Exception):
    """Some points were stored, others dropped."""


class MemoryPoints:
    """Points by series and field, in memory. `retention_from` drops what is older, as a bucket's retention does."""

    def __init__(self) -> None:
        self._columns: dict[Field, dict[int, FieldValue]] = {}
        self.retention_from = -(2**63)

    def write(self, body: bytes) -> None:
        """Store; Malformed when nothing was, PartialWrite when some had to be dropped."""
        dropped = [reason for point in points(body) if (reason := self._write(point))]
        if dropped:
            raise PartialWrite(f"partial write: {dropped[0]} dropped={len(dropped)}")

    def delete(self, measurement: str) -> None:
        """Forget all points of a measurement."""
        self._columns = {key: column for key, column in self._columns.items() if key[0][0] != measurement}

    def ask(self, question: Question) -> list[Row]:
        """The rows of the answer, table after table."""
        rows: list[Row] = []
        for (series, field), column in sorted(self._columns.items(), key=lambda item: repr(item[0])):
            labels = {"_measurement": series[0], "_field": field, **dict(series[1])}
            if not question.matches(labels):
                continue
            times = sorted(time for time in column if question.start <= time < question.stop)
            for time in times[-1:] if question.is_last else times:
                rows.append({**labels, "_time": question.told(time), "_value": str(column[time])})
        return rows

    def _write(self, point: Point) -> str:
        if point.time < self.retention_from:
            return "points beyond retention policy"
        for key, value in point.fields:
            column = self._columns.get((point.series, key), {})
            kinds = {type(known) for known in list(column.values())[:1]}
            if kinds and type(value) not in kinds:
                return f'field type conflict: input field "{key}"'
        for key, value in point.fields:
            self._columns.setdefault((point.series, key), {})[point.time] = value
        return ""
