"""What one session with one meter gathers: results in the order asked, readings, the meter's clock. No protocol."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from collectors.conversation import Answer
from collectors.driver import Site
from headend.domain.collection import ItemError, ItemResult, MeterAnswer
from headend.domain.metering import MeterInstallation
from headend.domain.quality import ReadingQuality
from headend.domain.reading_types import ReadingType
from headend.domain.readings import RawFrame, Reading, ReadingSource

# How many unanswered items make a meter silent: a person may have asked for what this meter does not know.
PATIENCE = {source: 3 if source is ReadingSource.ON_DEMAND else 1 for source in ReadingSource}


BY_OUR_CLOCK = frozenset({ReadingQuality.TIME_FROM_HEADEND})
NO_WITNESS = BY_OUR_CLOCK | {ReadingQuality.CLOCK_OFFSET}  # the meter has a clock, and it is wrong
WIRE_S = 0.1  # the clock may have ticked once more on the answer's way


class MeterSession:
    """Gathers; asks nothing. A live value is stamped with the meter's time when its clock was read before."""

    def __init__(self, installation: MeterInstallation, source: ReadingSource, site: Site) -> None:
        self.installation, self.source, self.site = installation, source, site
        self._results: list[ItemResult] = []
        self._readings: list[Reading] = []
        self._offset: timedelta | None = None
        self._answer: Answer | None = None
        self._silences = 0

    @property
    def is_silent(self) -> bool:
        """Nothing was ever heard and enough was asked: asking more would only hold up the line."""
        return self._answer is None and self._silences >= PATIENCE[self.source]

    @property
    def last_heard(self) -> datetime:
        """When the newest answer came, aware UTC."""
        return self._answer.received_at if self._answer else self.site.now()

    def shown_now(self, text: str) -> datetime:
        """The instant that a clock in the site's zone shows; of an hour that comes twice in autumn, the nearer one."""
        local = datetime.fromisoformat(text).replace(tzinfo=self.site.zone)
        instants = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        return min(instants, key=lambda instant: abs(instant - self.last_heard))

    def heard(self, answer: Answer) -> None:
        """Remember the newest answer of the meter."""
        self._answer = answer

    def clock_told(self, told: datetime, frame: RawFrame) -> None:
        """The meter's clock said `told` in the newest answer; the offset is meter minus head-end.

        It is in whole seconds, as the clock is: a finer one would give two reads within one second of the meter the
        same time. It is our measurement, so it bears our time.
        """
        assert self._answer is not None
        middle = self._answer.asked_at + (self._answer.received_at - self._answer.asked_at) / 2
        seconds = Decimal(math.ceil((told - middle).total_seconds() - WIRE_S))  # the clock cuts its second off
        self._offset = timedelta(seconds=int(seconds))
        offset_type = self.site.types.by_name("clock_offset")
        self.value("clock", offset_type, str(seconds), seconds, "s", frame=frame, measured_at=middle)

    def value(
        self,
        item: str,
        reading_type: ReadingType | None,
        text: str,
        number: Decimal | None,
        unit: str,
        *,
        frame: RawFrame,
        measured_at: datetime | None = None,
        qualities: frozenset[ReadingQuality] = frozenset(),
        name: str = "",
        is_main: bool = True,
    ) -> None:
        """A value that the meter told; it becomes a reading when the site knows its type."""
        heard = self.last_heard
        if measured_at is None:
            measured_at, qualities = self._stamped(heard, qualities)
        self._results.append(
            ItemResult(
                item, reading_type, text, number, unit, measured_at, heard, qualities, frame, None, "", name, is_main
            )
        )
        if is_main and reading_type is not None and number is not None:
            self._readings.append(
                Reading(
                    self.installation.id,
                    reading_type,
                    measured_at,
                    heard,
                    number,
                    unit,
                    self.source,
                    qualities,
                    frame,
                    self.installation.way,
                )
            )

    def _stamped(
        self, heard: datetime, qualities: frozenset[ReadingQuality]
    ) -> tuple[datetime, frozenset[ReadingQuality]]:
        """When a live value was measured, by the meter's clock if that can be believed."""
        if self._offset is None:
            return heard, (qualities | BY_OUR_CLOCK if qualities else BY_OUR_CLOCK)
        if not self._is_trusted(self._offset):
            return heard, qualities | NO_WITNESS
        return heard + self._offset, qualities

    def _is_trusted(self, offset: timedelta) -> bool:
        """Near our clock as it is, or as it was before somebody set it."""
        limit = self.site.trusted_clock
        return abs(offset) <= limit or abs(offset + self.site.set_by()) <= limit

    def fail(self, item: str, error: ItemError, reason: str, frame: RawFrame | None = None, *, name: str = "") -> None:
        """An item that brought no value, and why."""
        self._silences += error is ItemError.NO_ANSWER
        self._results.append(
            ItemResult(
                item, None, None, None, "", None, self.site.now(), frame=frame, error=error, reason=reason, name=name
            )
        )

    def answer(self) -> MeterAnswer:
        """All that was gathered."""
        return MeterAnswer(self.installation, tuple(self._results), tuple(self._readings))
