"""How a reading, a raw frame and "was heard" become points, as names and times. Owns the data model, no text.

A point of InfluxDB is its measurement, tags and time; a second one of the same replaces its fields. So the version
must be in that identity. It is in the time: nanosecond = microsecond of the reading * 1000 + revision (0, 1, 2 ...).
A tag would make a series of every correction; a field would let a correction overwrite what it corrects.
"""

from __future__ import annotations

import numpy as np

from headend.domain.readings import Ints

READING, FRAME, HEARD = "reading", "raw_frame", "heard"
READING_FIELDS = ("frame", "quality", "received_at", "source", "value")
FRAME_FIELDS = ("reply", "request")
HEARD_FIELD = "readings"
REVISIONS = 1_000
# What the server takes: int64 nanoseconds but for a few at either end.
OLDEST_NS, NEWEST_NS = -9_223_372_036_854_775_806, 9_223_372_036_854_775_806
OLDEST_US, NEWEST_US = OLDEST_NS // REVISIONS + 1, NEWEST_NS // REVISIONS - 1
# A string field holds 64 KiB, as base64.
FRAME_BYTES = 48_000


def point_time(microseconds: Ints, revision: Ints) -> Ints:
    """Nanoseconds of the point that holds this revision."""
    return microseconds * REVISIONS + revision


def has_point_time(microseconds: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether the instants lie in the years that the server can hold (1677 to 2262)."""
    return (microseconds >= OLDEST_US) & (microseconds <= NEWEST_US)
