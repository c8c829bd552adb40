"""Line protocol of columns: pure. Only integers and base64 ever come into a line, so nothing can break out of one."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from headend.domain.readings import Ints, RawFrame, ReadingBatch
from headend.stores.readings.influxdb.points import FRAME, HEARD, HEARD_FIELD, READING, REVISIONS, point_time

Lines = list[bytes]


def reading_lines(rows: ReadingBatch, revision: Ints, frame_id: Ints) -> Lines:
    """One line a reading; integers stay integers (`42i`)."""
    return _joined(
        f"{READING},installation=",
        rows.installation,
        ",type=",
        rows.reading_type,
        " value=",
        rows.value,
        "i,quality=",
        rows.quality,
        "i,source=",
        rows.source,
        "i,received_at=",
        rows.received_at,
        "i,frame=",
        frame_id,
        "i ",
        point_time(rows.measured_at, revision),
    )


def heard_lines(installation: Ints, received_at: Ints) -> Lines:
    """One line for each time that an installation was heard."""
    return _joined(f"{HEARD},installation=", installation, f" {HEARD_FIELD}=1i ", received_at * REVISIONS)


def frame_lines(frame_ids: Sequence[int], frames: Sequence[RawFrame]) -> Lines:
    """One line a raw frame: its number is its time in microseconds."""
    return [
        b'%s request="%s",reply="%s" %d'
        % (FRAME.encode(), b64encode(frame.request), b64encode(frame.reply), number * REVISIONS)
        for number, frame in zip(frame_ids, frames, strict=True)
    ]


def _joined(*parts: str | Ints) -> Lines:
    columns = [part if isinstance(part, str) else pa.array(part).cast(pa.string()) for part in parts]
    lines: list[str] = pc.binary_join_element_wise(*columns, "").to_pylist()
    return [line.encode("ascii") for line in lines]
