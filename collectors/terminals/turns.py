"""Where requests to one terminal stand in their exchange: sequence, frame count bit, time tag. Sends nothing.

Every question is a new turn. Only the same bytes again are a repetition, so a terminal that answers a repetition from
its memory never answers a newer question with older data, and a late answer is known by its sequence.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from protocols import gdw1376
from protocols.gdw1376.requests import CLASS_1, CLASS_2

_FCB, _FCV, _TPV = 0x20, 0x10, 0x80
_COUNTS = 256
_SEQUENCES = 16


class Turns:
    """PFC counts 0 to 255 and PSEQ is its low half byte; `local_now` tells the terminal's own kind of time."""

    def __init__(self, tp_delay_min: int | None, local_now: Callable[[], datetime]) -> None:
        self._tp_delay_min, self._local_now = tp_delay_min, local_now
        self._count = 0
        self._count_bit = False
        self.edition = gdw1376.Edition.GDW1376

    def stamp(self, frame: gdw1376.Frame) -> gdw1376.Frame:
        """The frame as the next request; its own sequence, count bit and time tag do not matter."""
        count, self._count = self._count, (self._count + 1) % _COUNTS
        control = frame.control & ~(_FCB | _FCV)
        if frame.link_function in (CLASS_1, CLASS_2):
            self._count_bit = not self._count_bit
            control |= _FCV | (_FCB if self._count_bit else 0)
        seq = frame.seq & 0x70 | count % _SEQUENCES
        data = frame.data
        if self._tp_delay_min is not None:
            tag = gdw1376.TimeTag(count, f"{self._local_now():%d %H:%M:%S}", self._tp_delay_min)
            seq, data = seq | _TPV, data + tag.encode()
        return frame._replace(control=control, seq=seq, data=data, edition=self.edition)
