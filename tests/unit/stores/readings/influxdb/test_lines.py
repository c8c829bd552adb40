"""Line protocol: whatever bytes and integers come in, a strict reader gets the same ones out, and no line more."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from headend.domain.readings import RawFrame
from headend.stores.readings.influxdb.answers import frame as frame_of
from headend.stores.readings.influxdb.lines import frame_lines, heard_lines, reading_lines
from headend.stores.readings.influxdb.points import NEWEST_US, OLDEST_US
from tests.fakes.batches import Row, batch
from tests.fakes.influxdb.line_protocol import points

INT64 = st.integers(-(2**63), 2**63 - 1)
HOSTILE = st.sampled_from([b'"\n', b"\\", b'" 1\nreading,installation=1,type=1 value=1i 1', b" ,=\r\n", b"\x00\xff"])
BYTES = st.binary(max_size=40) | HOSTILE


@settings(max_examples=60, deadline=None)
@given(INT64, st.integers(1, 2**40), st.integers(OLDEST_US, NEWEST_US), st.integers(0, 999))
def test_a_reading_is_one_point_with_exact_integers(value: int, meter: int, instant: int, revision: int) -> None:
    rows = batch(Row(0, value, meter))
    rows.measured_at[0] = instant
    [point] = points(b"\n".join(reading_lines(rows, np.array([revision]), np.array([-1]))))
    assert point.series == ("reading", (("installation", str(meter)), ("type", "1")))
    assert point.time == instant * 1_000 + revision
    told = {"quality": 0, "source": 0, "frame": -1, "received_at": rows.received_at[0], "value": value}
    assert dict(point.fields) == told and type(dict(point.fields)["value"]) is int


@settings(max_examples=100, deadline=None)
@given(BYTES, BYTES, st.integers(1, NEWEST_US))
def test_no_byte_of_a_frame_breaks_out_of_its_line(request: bytes, reply: bytes, number: int) -> None:
    [point] = points(b"\n".join(frame_lines([number], [RawFrame(request, reply)])))
    assert (point.series, point.time) == (("raw_frame", ()), number * 1_000)
    told = dict(point.fields)
    answer = f",result,table,_time,_value,_field\n,_result,0,2026-01-01T00:00:00Z,{told['request']},request\n"
    answer += f",_result,0,2026-01-01T00:00:00Z,{told['reply']},reply\n"
    assert frame_of(answer.encode()) == RawFrame(request, reply)


def test_nothing_gives_no_line() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert reading_lines(batch(), nothing, nothing) == heard_lines(nothing, nothing) == frame_lines([], []) == []
