"""Shapes of the ways to a meter, and of what people read."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.parameters import Instant
from api.schemas.identity import Note, Register
from api.schemas.meters import without_password
from headend.domain.field_readings import FieldReading
from headend.domain.metering import Protocol
from headend.domain.readings import ReadingSource
from headend.domain.ways import WORST_RANK, WayReason
from headend.queries.ways import ShownWay, WaysPage, WayState
from headend.services.edit_ways import WayOrder
from headend.services.enter_reading import Entry
from headend.services.import_readings import ImportedReadings

Word = Annotated[str, Field(min_length=1, max_length=255)]


class WayRequest(BaseModel):
    """One more way, from now on without `valid_from`, for good without `valid_to`."""

    model_config = ConfigDict(extra="forbid")

    rank: int = Field(ge=2, le=WORST_RANK)
    protocol: Protocol
    profile: Word
    server_address: Word
    line_url: Word
    valid_from: Instant | None = None
    valid_to: Instant | None = None

    def order(self) -> WayOrder:
        """In the words of the services."""
        route = (self.protocol, self.profile, self.server_address, self.line_url)
        return WayOrder(self.rank, *route, self.valid_from, self.valid_to)


class WayAnswer(BaseModel):
    """A way and how it answered: failures and answers in a row, cycles until its next probe. `id` null: own line."""

    id: int | None
    rank: int
    protocol: Protocol
    profile: str
    server_address: str
    line_url: str
    valid_from: Instant
    valid_to: Instant | None
    added_by: str
    state: WayState
    failures: int
    answers: int
    next_probe_in_cycles: int
    answered_at: Instant | None
    failed_at: Instant | None
    problem: str


class WaysAnswer(BaseModel):
    """The ways to a meter by rank, which of them is used, since when and why."""

    installation: int
    used: int
    since: Instant | None
    reason: WayReason
    problem: str
    ways: list[WayAnswer]


class WaysImportAnswer(BaseModel):
    """How many ways were added."""

    added: int


class EntryRequest(BaseModel):
    """A register that somebody saw, typed in."""

    model_config = ConfigDict(extra="forbid")

    reading_type: Word = "active_energy_import"
    value: Register
    read_at: Instant
    reader: Word
    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    photo: Annotated[str, Field(max_length=1000)] = ""
    note: Note = ""

    def entry(self) -> Entry:
        """In the words of the services."""
        seen = (self.reading_type, self.value, self.read_at, self.reader)
        return Entry(*seen, self.reason, self.photo, self.note)


class FieldReadingAnswer(BaseModel):
    """A register that somebody saw; `import_id` is null for one that was typed in."""

    installation: int
    reading_type: str
    read_at: Instant
    value: str
    source: ReadingSource
    reader: str
    photo: str
    note: str
    reason: str
    is_date_doubted: bool
    import_id: int | None
    entered_by: str
    entered_at: Instant | None


class ReadingImportAnswer(BaseModel):
    """What came of a file: its number, the SHA-256 under which it is kept, and the readings with a doubted date."""

    import_id: int
    sha256: str
    readings: int
    doubted: list[FieldReadingAnswer]


def ways_answer(page: WaysPage) -> WaysAnswer:
    """All of a meter."""
    choice = page.choice
    return WaysAnswer(
        installation=page.installation.id,
        used=choice.rank,
        since=choice.since,
        reason=choice.reason,
        problem=choice.problem,
        ways=[_way_answer(way) for way in page.ways],
    )


def field_reading_answer(told: FieldReading) -> FieldReadingAnswer:
    """One."""
    return FieldReadingAnswer(
        installation=told.installation_id,
        reading_type=told.reading_type,
        read_at=told.read_at,
        value=f"{told.value:f}",
        source=told.source,
        reader=told.reader,
        photo=told.photo,
        note=told.note,
        reason=told.reason,
        is_date_doubted=told.is_date_doubted,
        import_id=told.import_id,
        entered_by=told.entered_by,
        entered_at=told.entered_at,
    )


def import_answer(came: ImportedReadings) -> ReadingImportAnswer:
    """What came of a file."""
    doubted = [field_reading_answer(one) for one in came.doubted]
    return ReadingImportAnswer(import_id=came.import_id, sha256=came.sha256, readings=came.readings, doubted=doubted)


def _way_answer(way: ShownWay) -> WayAnswer:
    health = way.health
    return WayAnswer(
        id=way.id,
        rank=way.rank,
        protocol=way.protocol,
        profile=way.profile,
        server_address=way.server_address,
        line_url=without_password(way.line.url),
        valid_from=way.valid_from,
        valid_to=way.valid_to,
        added_by=way.added_by,
        state=way.state,
        failures=health.failures,
        answers=health.answers,
        next_probe_in_cycles=health.wait,
        answered_at=health.answered_at,
        failed_at=health.failed_at,
        problem=health.problem,
    )
