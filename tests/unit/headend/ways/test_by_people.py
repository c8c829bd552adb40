"""What people read: files of hand-helds, entries by hand, dates that may be swapped."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from headend.clock import SteppedClock
from headend.domain.errors import ConfigError, Conflict, ImportRefused
from headend.domain.events import EventKind
from headend.domain.field_readings import can_both_be_true, is_date_doubted
from headend.domain.quality import ReadingQuality
from headend.domain.readings import ReadingSource, StoredReading
from headend.live_feed import InProcessFeed
from headend.rules.book import RuleBook
from headend.services.accept_readings import AcceptReadings
from headend.services.enter_reading import EnterReading, Entry, KeepFieldReadings
from headend.services.import_readings import ImportReadings
from headend.services.meter_facts import MeterFacts
from tests.fakes.batches import shipped_types
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry, MemoryReadingStore
from tests.fakes.memory_ways import MemoryFieldReadingBook
from tests.fakes.meters import registers, registration

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
HEAD = "serial_number,reading_type,value,read_at,reader,photo,note\n"
GOOD = HEAD + "000000000001,1-0:1.8.0,5120.44,2026-11-24T09:30,Wang,IMG-1,dusty\n"


@dataclass
class Office:
    """The services over twins, with two meters."""

    clock: SteppedClock = field(default_factory=lambda: SteppedClock(NOW))

    def __post_init__(self) -> None:
        self.types, self.registry, self.events = shipped_types(), MemoryMeterRegistry(), MemoryEventLog()
        self.store, self.book = MemoryReadingStore(self.types), MemoryFieldReadingBook()
        facts, clock = MeterFacts(self.registry), self.clock
        self.accept = AcceptReadings(
            self.store, RuleBook([]), facts, self.types, clock=clock, events=self.events, feed=InProcessFeed()
        )
        keep = KeepFieldReadings(self.book, self.accept, self.types, clock)
        self.importer = ImportReadings(
            self.registry, self.store, keep, self.types, zone=ZONE, clock=clock, events=self.events
        )
        self.enter = EnterReading(self.registry, keep, self.types, clock=clock, events=self.events)

    async def stored(self, meter: int = 1) -> list[StoredReading]:
        kind = self.types.by_name("active_energy_import")
        return list(await self.store.series(meter, [kind.id], NOW - timedelta(days=400), NOW + timedelta(days=400)))


@pytest_asyncio.fixture
async def office() -> Office:
    office = Office()
    await office.registry.register([registration(1), registration(2)])
    return office


async def wrong(office: Office, text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(ImportRefused) as refused:
        await office.importer.run(text.encode(), "walk.csv", "li")
    assert await office.book.known([1, 2]) == []
    return [(error.line, error.key, error.problem) for error in refused.value.errors]


@pytest.mark.asyncio
async def test_a_file_becomes_readings_of_its_own_source_and_is_kept_as_it_came(office: Office) -> None:
    content = b"\xef\xbb\xbf" + GOOD.encode()
    came = await office.importer.run(content, "walk.csv", "li")
    assert (came.readings, came.sha256) == (1, hashlib.sha256(content).hexdigest())
    assert (await office.book.file(came.import_id)).content == content
    [stored] = await office.stored()
    assert (stored.text, stored.source, stored.frame_id) == ("5120.44", ReadingSource.HAND_HELD, None)
    assert stored.measured_at == datetime(2026, 11, 24, 1, 30, tzinfo=UTC), "local to the site"
    [told] = await office.book.known([1])
    assert (told.reader, told.photo, told.note, told.entered_by) == ("Wang", "IMG-1", "dusty", "li")
    assert (await office.events.recent(1))[0].kind is EventKind.READINGS_IMPORTED


@pytest.mark.asyncio
async def test_every_wrong_cell_is_named_and_nothing_comes_in(office: Office) -> None:
    text = HEAD + (
        "000000000001,1-0:1.8.0,5120.44,2026-11-24T09:30,Wang,,\n"
        "999999999999,1-0:1.8.0,1,2026-11-24T09:30,Wang,,\n"
        ",1-0:1.8.0,1,2026-11-24T09:30,Wang,,\n"
        "000000000002,frequency,x,yesterday,,,\n"
        "000000000002,1-0:1.8.0,1.123456,2025-01-01,Wang,,\n"
    )
    found = await wrong(office, text)
    assert [(line, key) for line, key, _ in found] == [
        (3, "serial_number"),
        (4, "serial_number"),
        (5, "reading_type"),
        (5, "value"),
        (5, "read_at"),
        (5, "reader"),
        (6, "value"),
        (6, "read_at"),
    ]


@pytest.mark.asyncio
async def test_the_same_file_and_the_same_reading_are_refused_with_the_earlier_import(office: Office) -> None:
    await office.importer.run(GOOD.encode(), "walk.csv", "li")
    with pytest.raises(Conflict, match=r"import 1: walk\.csv"):
        await office.importer.run(GOOD.encode(), "again.csv", "li")
    with pytest.raises(ImportRefused, match="import 1 of 2026-11-24"):
        await office.importer.run(GOOD.replace("dusty", "clean").encode(), "again.csv", "li")
    twice = HEAD + 2 * "000000000002,1-0:1.8.0,7,2026-11-24T09:30,Wang,,\n"
    with pytest.raises(ImportRefused, match="stands in line 2 too"):
        await office.importer.run(twice.encode(), "twice.csv", "li")


@pytest.mark.asyncio
async def test_a_date_ahead_is_refused_and_the_swapped_one_is_named(office: Office) -> None:
    [(line, key, problem)] = await wrong(office, GOOD.replace("2026-11-24T09:30", "2026-12-10T09:30"))
    assert (line, key) == (2, "read_at")
    assert "lies ahead" in problem
    with pytest.raises(ImportRefused, match="2026-10-12"):
        await office.importer.run(GOOD.replace("2026-11-24T09:30", "2026-12-10T09:30").encode(), "a", "li")


@pytest.mark.asyncio
async def test_a_date_before_the_newest_reading_that_would_not_be_swapped_is_marked(office: Office) -> None:
    newest = datetime(2026, 9, 1, tzinfo=UTC)
    await office.accept.accept(registers(office.types, 1, [(newest, "5000.00")]))
    came = await office.importer.run(GOOD.replace("2026-11-24", "2026-03-11").encode(), "walk.csv", "li")
    assert [one.is_date_doubted for one in came.doubted] == [True]
    marked = [one for one in await office.stored() if one.source is ReadingSource.HAND_HELD]
    assert ReadingQuality.DATE_DOUBTED in marked[0].qualities, "kept and marked, not billed"


@pytest.mark.parametrize(
    ("read_at", "previous", "is_doubted"),
    [
        ("2026-03-11", "2026-09-01", True),
        ("2026-03-11", "2026-11-20", False),  # swapped it would lie before the newest one too
        ("2026-11-03", "2026-09-01", False),  # after the newest: nothing is odd
        ("2026-12-10", None, True),
        ("2026-03-25", "2026-09-01", False),  # there is no 25th month
        ("2026-03-03", "2026-09-01", False),
    ],
)
def test_when_day_and_month_seem_swapped(read_at: str, previous: str | None, is_doubted: bool) -> None:
    read = datetime.fromisoformat(read_at).replace(tzinfo=UTC)
    before = None if previous is None else datetime.fromisoformat(previous).replace(tzinfo=UTC)
    assert is_date_doubted(read, before, NOW) is is_doubted


def test_what_a_meter_can_count() -> None:
    hour, count = timedelta(hours=1), Decimal("0.01")
    assert can_both_be_true(Decimal(100), Decimal(112), hour, Decimal(10), count)
    assert not can_both_be_true(Decimal(100), Decimal("112.02"), hour, Decimal(10), count)
    assert not can_both_be_true(Decimal(100), Decimal("99.98"), hour, Decimal(10), count)
    assert can_both_be_true(Decimal(100), Decimal(1100), hour, Decimal(0), count), "1000 kVA where nothing is known"


ENTRY = Entry("active_energy_import", Decimal("5120.44"), NOW - timedelta(hours=1), "Wang", "line cut", "IMG-2")


@pytest.mark.asyncio
async def test_an_entry_bears_its_person_reason_and_source(office: Office) -> None:
    await office.enter.enter(1, ENTRY, "li")
    [stored] = await office.stored()
    assert (stored.source, stored.text) == (ReadingSource.MANUAL, "5120.44")
    [told] = await office.book.newest(1, 5)
    assert (told.reader, told.reason, told.photo, told.entered_by) == ("Wang", "line cut", "IMG-2", "li")
    event = (await office.events.recent(1))[0]
    assert event.kind is EventKind.READING_ENTERED
    assert "line cut" in event.detail


@pytest.mark.asyncio
async def test_what_cannot_be_is_not_entered(office: Office) -> None:
    for change, key in (
        ({"reading_type": "frequency"}, "reading_type"),
        ({"reason": " "}, "reason"),
        ({"read_at": NOW + timedelta(hours=1)}, "read_at"),
        ({"value": Decimal("1.1234567")}, "value"),
    ):
        with pytest.raises(ConfigError) as refused:
            await office.enter.enter(1, replace(ENTRY, **change), "li")  # type: ignore[arg-type]  # fields by name
        assert refused.value.key == key
    await office.enter.enter(1, ENTRY, "li")
    with pytest.raises(Conflict, match="an entry by li"):
        await office.enter.enter(1, replace(ENTRY, value=Decimal(1)), "li")
    assert len(await office.stored()) == 1
