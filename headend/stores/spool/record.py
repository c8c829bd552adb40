"""One spool record: length, CRC32C, sequence, and a reading batch as an Arrow IPC stream.

The checksum covers length, sequence and payload: a record is whole or it is nothing.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import google_crc32c
import pyarrow as pa

from headend.domain.readings import Ints, RawFrame, ReadingBatch, batch_of

HEAD = struct.Struct("<IIQ")
COVERED = struct.Struct("<IQ")
NAMES = (
    "installation",
    "reading_type",
    "measured_at",
    "received_at",
    "value",
    "quality",
    "source",
    "unit",
)


@dataclass(frozen=True, slots=True)
class Record:
    """A whole record and the offset of the byte after it."""

    sequence: int
    payload: bytes
    end: int

    def batch(self) -> ReadingBatch:
        """The readings in it."""
        return decoded(self.payload)


def encoded(sequence: int, batch: ReadingBatch) -> bytes:
    """The bytes of a record."""
    payload = _payload(batch)
    checksum = google_crc32c.value(COVERED.pack(len(payload), sequence) + payload)
    return HEAD.pack(len(payload), checksum, sequence) + payload


def record_at(data: memoryview, offset: int) -> Record | None:
    """The record that begins at the offset; None when it is cut short or damaged."""
    if offset + HEAD.size > len(data):
        return None
    length, checksum, sequence = HEAD.unpack_from(data, offset)
    payload = bytes(data[offset + HEAD.size : offset + HEAD.size + length])
    if len(payload) < length or google_crc32c.value(COVERED.pack(length, sequence) + payload) != checksum:
        return None
    return Record(sequence, payload, offset + HEAD.size + length)


def decoded(payload: bytes) -> ReadingBatch:
    """The batch of a payload, exactly as it went in."""
    rows = pa.ipc.open_stream(payload).read_next_batch()
    columns: list[Ints] = [rows[name].to_numpy() for name in NAMES]
    request, reply = rows["request"], rows["reply"]
    frame = request.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    frames = zip(request.dictionary.to_pylist(), reply.dictionary.to_pylist(), strict=True)
    return batch_of([*columns, frame], tuple(RawFrame(*pair) for pair in frames))


def _payload(batch: ReadingBatch) -> bytes:
    columns = {name: pa.array(getattr(batch, name)) for name in NAMES}
    indices = pa.array(batch.frame, mask=batch.frame < 0)
    for name in ("request", "reply"):
        texts = pa.array([getattr(frame, name) for frame in batch.frames], pa.binary())
        columns[name] = pa.DictionaryArray.from_arrays(indices, texts)
    rows = pa.record_batch(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_batch(rows)
    payload: bytes = sink.getvalue().to_pybytes()
    return payload
