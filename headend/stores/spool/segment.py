"""One segment file of the spool: records one after the other, named by the sequence of the first.

A write that fails is cut off again, so that no later record ever stands behind a torn one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from headend.stores.spool.record import Record, record_at

SUFFIX = ".spool"


@dataclass(slots=True)
class Segment:
    """A file with whole records up to `size`; `last` is the sequence of the newest of them."""

    path: Path
    last: int
    size: int = 0

    @classmethod
    def create(cls, folder: Path, first: int) -> Segment:
        """A new, empty segment, durable as a name in its folder."""
        path = folder / f"{first:020d}{SUFFIX}"
        path.touch(exist_ok=True)
        sync_folder(folder)
        return cls(path, first - 1)

    @classmethod
    def scan(cls, path: Path) -> tuple[Segment, int]:
        """The segment of a file that was there, cut after its last whole record, and how many bytes were cut."""
        segment = cls(path, int(path.stem) - 1)
        for record in segment.records():
            segment.last, segment.size = record.sequence, record.end
        cut = path.stat().st_size - segment.size
        if cut:
            segment._truncate()
        return segment, cut

    def append(self, data: bytes, sequence: int) -> None:
        """Write and fsync; an OSError leaves the segment as it was."""
        try:
            with self.path.open("r+b", buffering=0) as file:
                file.seek(self.size)
                _write_all(file.fileno(), data)
                os.fsync(file.fileno())
        except OSError:
            # Should the cut fail too, the next write goes over the torn bytes, or opening cuts them.
            with suppress(OSError):
                self._truncate()
            raise
        self.size += len(data)
        self.last = sequence

    def records(self) -> Iterator[Record]:
        """Its whole records, in order."""
        data = memoryview(self.path.read_bytes())
        record = record_at(data, 0)
        while record is not None:
            yield record
            record = record_at(data, record.end)

    def delete(self) -> None:
        """Take the file away, durably."""
        self.path.unlink(missing_ok=True)
        sync_folder(self.path.parent)

    def _truncate(self) -> None:
        with self.path.open("r+b", buffering=0) as file:
            file.truncate(self.size)
            os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make names that came and went in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
