"""The spool: a folder of segments. Used by one thread at a time; blocks while it writes.

Owns durability and order. Knows neither the store nor when to put the batches back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from headend.domain.errors import StoreUnavailable
from headend.domain.readings import ReadingBatch
from headend.stores.spool.record import encoded
from headend.stores.spool.segment import SUFFIX, Segment, sync_folder

MIB = 1 << 20


class SpoolFull(StoreUnavailable):
    """The spool holds all that it may hold: keep the readings in the meters and come back later."""


@dataclass(frozen=True, slots=True)
class SpoolSettings:
    """When to begin a new segment, and how many bytes all segments may take."""

    segment_bytes: int = 16 * MIB
    limit_bytes: int = 1024 * MIB


class Spool:
    """Reading batches on disk, in order, until they are forgotten."""

    def __init__(self, folder: Path, settings: SpoolSettings | None = None) -> None:
        self.folder = folder
        self._settings = settings or SpoolSettings()
        self._segments: list[Segment] = []
        self._next = 1
        self._forgotten = 0

    def open(self) -> int:
        """Find what is there; returns how many bytes of torn or damaged records were cut off."""
        with_cut = []
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            sync_folder(self.folder.parent)
            with_cut = [Segment.scan(path) for path in sorted(self.folder.glob(f"[0-9]*{SUFFIX}"))]
        except OSError as error:
            raise StoreUnavailable(f"the spool {self.folder} does not open: {error.strerror}") from error
        self._segments = [segment for segment, _ in with_cut]
        self._next = 1 + max((segment.last for segment in self._segments), default=0)
        self._forgotten = 0
        return sum(cut for _, cut in with_cut)

    def append(self, batch: ReadingBatch) -> int:
        """Durable on return; the sequence of the record. SpoolFull at the limit, StoreUnavailable on a bad disk."""
        data = encoded(self._next, batch)
        if self.size_bytes + len(data) > self._settings.limit_bytes:
            raise SpoolFull(f"the spool {self.folder} is full ({self._settings.limit_bytes} bytes)")
        try:
            self._segment_for(len(data)).append(data, self._next)
        except OSError as error:
            raise StoreUnavailable(f"the spool {self.folder} cannot be written: {error.strerror}") from error
        self._next += 1
        return self._next - 1

    def replay(self) -> Iterator[tuple[int, ReadingBatch]]:
        """All batches that are not forgotten, oldest first, with their sequences."""
        try:
            for segment in tuple(self._segments):
                for record in segment.records():
                    if record.sequence > self._forgotten:
                        yield record.sequence, record.batch()
        except OSError as error:
            raise StoreUnavailable(f"the spool {self.folder} cannot be read: {error.strerror}") from error

    def forget(self, sequence: int) -> None:
        """Let go of all records up to this one. Files go whole: after a restart some may be replayed again."""
        self._forgotten = max(self._forgotten, sequence)
        try:
            while self._segments and self._segments[0].last <= sequence:
                self._segments[0].delete()
                del self._segments[0]
        except OSError as error:
            raise StoreUnavailable(f"the spool {self.folder} cannot be emptied: {error.strerror}") from error

    @property
    def size_bytes(self) -> int:
        """Bytes in all segments."""
        return sum(segment.size for segment in self._segments)

    @property
    def is_empty(self) -> bool:
        """Nothing waits to be replayed."""
        return not self._segments or self._segments[-1].last <= self._forgotten

    def _segment_for(self, length: int) -> Segment:
        if self._segments:
            newest = self._segments[-1]
            if not newest.size or newest.size + length <= self._settings.segment_bytes:
                return newest
        self._segments.append(Segment.create(self.folder, self._next))
        return self._segments[-1]
