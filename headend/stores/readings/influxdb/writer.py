"""The one writer of a bucket: compares with what is there, numbers revisions and frames, sends, keeps what is refused.

Order on the wire: frames, then who was heard, then readings; so whatever breaks, no reading lacks its frame. Each
line is idempotent: sent twice it is the same point. A batch is not one transaction: what a cut left half done is
completed when the batch comes again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from headend.domain.readings import Ints, ReadingBatch, concatenated
from headend.stores.readings.committed import Committed
from headend.stores.readings.influxdb import lines
from headend.stores.readings.influxdb.asking import Asking
from headend.stores.readings.influxdb.decisions import decide
from headend.stores.readings.influxdb.points import FRAME_BYTES, REVISIONS, has_point_time
from headend.stores.readings.influxdb.sending import Sender
from headend.stores.readings.influxdb.server import InfluxDbServer
from headend.stores.readings.newest import Flags, NewestColumns, key_of


class RefusedBatches(Protocol):
    """Keeps readings that the server will never take, with the reason."""

    async def keep(self, batch: ReadingBatch, reason: str) -> None:
        """Durable on return; StoreUnavailable when it cannot."""
        ...


class InfluxDbWriter:
    """Owns the sequence of frame numbers: the microsecond of arrival, or the next free one."""

    def __init__(self, server: InfluxDbServer, asking: Asking, refused: RefusedBatches, newest_frame: int) -> None:
        self._server, self._asking, self._refused = server, asking, refused
        self._newest_frame = newest_frame

    async def commit(self, newest: NewestColumns, batches: Sequence[ReadingBatch]) -> Committed:
        """Store all that is new, durable on return. After an error nothing is known of what was stored."""
        rows = concatenated(batches)
        owner = np.repeat(np.arange(len(batches)), [len(batch) for batch in batches])
        append = _Append(self._refused, rows)
        await append.refuse(_unfit(rows), "the instant or the raw frame does not fit into InfluxDB")
        fit = append.kept()
        offered = rows.take(fit)
        is_first = _is_first(offered, newest)
        decision = decide(offered, is_first, await self._asking.known(offered.take(np.flatnonzero(~is_first))))
        stored = replace(offered.take(decision.positions), quality=decision.quality)
        append.begin(fit[decision.positions], stored)
        await append.refuse(decision.revision >= REVISIONS, f"this reading has {REVISIONS} versions already")
        await self._send(append, decision.revision)
        kept = append.kept()
        counts = np.bincount(owner[append.positions[kept]], minlength=len(batches))
        return Committed(counts, append.rows.take(kept), newest.version + len(kept))

    async def _send(self, append: _Append, revision: Ints) -> None:
        """Frames and who was heard in one request, then readings; a second one, so that no reading lacks its frame."""
        sender, rows = Sender(self._server), append.rows
        used, number = self._numbered(append)
        frames = lines.frame_lines(number[used].tolist(), [rows.frames[index] for index in used.tolist()])
        kept = append.kept()
        heard = np.unique(np.stack([rows.installation, rows.received_at], axis=1)[kept], axis=0)
        told = await sender.send(frames + lines.heard_lines(heard[:, 0], heard[:, 1]))
        refused_frames = used[told.positions[told.positions < len(frames)]]
        await append.refuse(np.isin(rows.frame, refused_frames), told.reason)
        kept = append.kept()
        told = await sender.send(lines.reading_lines(rows.take(kept), revision[kept], number[rows.frame[kept]]))
        await append.refuse(_marked(len(rows), kept[told.positions]), told.reason)

    def _numbered(self, append: _Append) -> tuple[Ints, Ints]:
        """The frames that kept rows need, and the number of each frame, -1 for none."""
        kept = append.rows.take(append.kept())
        used, first = np.unique(kept.frame, return_index=True)
        used, first = used[used >= 0], first[used >= 0]
        number = np.full(len(kept.frames) + 1, -1, dtype=np.int64)
        for index, arrived in zip(used.tolist(), kept.received_at[first].tolist(), strict=True):
            self._newest_frame = max(arrived, self._newest_frame + 1)
            number[index] = self._newest_frame
        return used, number


class _Append:
    """The rows of one commit, and which of them were refused."""

    def __init__(self, refused: RefusedBatches, rows: ReadingBatch) -> None:
        self._refused = refused
        self.begin(np.arange(len(rows)), rows)

    def begin(self, positions: Ints, rows: ReadingBatch) -> None:
        """Go on with these rows, that stood at these positions."""
        self.positions, self.rows = positions, rows
        self._is_refused = np.zeros(len(rows), dtype=np.bool_)

    def kept(self) -> Ints:
        """Indices of the rows that were not refused."""
        return np.flatnonzero(~self._is_refused)

    async def refuse(self, which: Flags, reason: str) -> None:
        """Keep these rows elsewhere, with the reason, and leave them out."""
        which = which & ~self._is_refused
        if which.any():
            await self._refused.keep(self.rows.take(np.flatnonzero(which)), reason)
            self._is_refused |= which


def _is_first(rows: ReadingBatch, newest: NewestColumns) -> Flags:
    """Rows newer than all that is stored of their key, and alone in the batch with their key and time."""
    key = key_of(rows.installation, rows.reading_type)
    order = np.lexsort((rows.measured_at, key))
    same = (np.diff(key[order]) == 0) & (np.diff(rows.measured_at[order]) == 0)
    is_alone = np.ones(len(rows), dtype=np.bool_)
    is_alone[order[1:][same]] = is_alone[order[:-1][same]] = False
    return is_alone & (rows.measured_at > newest.newest_of(key))


def _unfit(rows: ReadingBatch) -> Flags:
    is_long = [len(frame.request) > FRAME_BYTES or len(frame.reply) > FRAME_BYTES for frame in rows.frames]
    too_long = np.array([*is_long, False])[rows.frame]
    fits: Flags = has_point_time(rows.measured_at) & has_point_time(rows.received_at) & ~too_long
    return ~fits


def _marked(length: int, rows: Ints) -> Flags:
    marked = np.zeros(length, dtype=np.bool_)
    marked[rows] = True
    return marked
