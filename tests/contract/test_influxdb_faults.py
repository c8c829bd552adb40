"""The InfluxDB store when its server fails, cuts, repeats, refuses or takes a part: nothing lost, nothing doubled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from itertools import count

import pytest
import pytest_asyncio

from headend.domain.errors import StoreUnavailable
from headend.domain.quality import ReadingQuality
from headend.domain.readings import RawFrame
from headend.stores.readings.influxdb import InfluxDbReadingStore
from tests.fakes.batches import START_US, Row, at, batch
from tests.fakes.influxdb import TOKEN, DoubleInfluxDb, Fault
from tests.fakes.influxdb.points import MemoryPoints
from tests.fakes.influxdb.stores import RememberedRefusals, influxdb_store, settings_of

pytestmark = pytest.mark.asyncio
WRITE, QUERY = "/api/v2/write", "/api/v2/query"
BUCKETS = count(1)
TWO = batch(Row(0, 10, frame=RawFrame(b"ask", b"told")), Row(1, 11))


@dataclass(slots=True)
class Site:
    """A store, its server, and what was refused."""

    double: DoubleInfluxDb
    points: MemoryPoints
    refused: RememberedRefusals
    store: InfluxDbReadingStore
    bucket: str

    async def values(self) -> list[int]:
        return [r.scaled for r in await self.store.series(1, range(1, 51), at(-99), at(9_999))]

    async def versions(self, slot: int = 0) -> list[int]:
        return [r.scaled for r in await self.store.history(1, 1, at(slot))]

    def requests(self, path: str) -> int:
        return sum(asked == path for asked, _ in self.double.requests)


@pytest_asyncio.fixture
async def site(double: DoubleInfluxDb) -> AsyncIterator[Site]:
    bucket = f"faults_{next(BUCKETS)}"
    points = double.make_bucket(bucket)
    assert isinstance(points, MemoryPoints)
    refused = RememberedRefusals()
    store = influxdb_store(settings_of(double, bucket, timeout_s=0.2), refused)
    await store.open()
    double.requests.clear()
    yield Site(double, points, refused, store, bucket)
    double.faults.clear()
    await store.close()


PASSING = [
    Fault(status=500),
    Fault(status=503, retry_after="0"),
    Fault(status=429, retry_after="0"),
    Fault(cut_before=True),
    Fault(cut_after=True),
    Fault(silent=True),
]


@pytest.mark.parametrize("fault", PASSING, ids=str)
async def test_what_passes_is_tried_again_and_stored_once(site: Site, fault: Fault) -> None:
    site.double.faults += [replace(fault, only=WRITE)] * 3
    assert await site.store.append(TWO) == 2
    assert await site.values() == [10, 11]
    assert await site.versions() == [10]
    assert await site.store.append(TWO) == 0


@pytest.mark.parametrize("fault", PASSING, ids=str)
async def test_what_stays_is_unavailable_and_the_batch_comes_again_unharmed(site: Site, fault: Fault) -> None:
    site.double.faults += [replace(fault, only=WRITE)] * 4
    with pytest.raises(StoreUnavailable, match="cannot serve, after 4 attempts"):
        await site.store.append(TWO)
    await site.store.append(TWO)
    assert await site.values() == [10, 11]
    assert await site.versions() == [10]
    assert site.refused.kept == []


async def test_a_batch_that_was_stored_unheard_is_a_twin_when_it_comes_again(site: Site) -> None:
    await site.store.append(batch(Row(9, 1)))
    site.double.faults += [Fault(only=WRITE)] + [Fault(cut_after=True, only=WRITE)] * 4
    with pytest.raises(StoreUnavailable):
        await site.store.append(TWO)
    assert await site.store.append(TWO) == 0
    assert await site.values() == [10, 11, 1]


async def test_a_correction_after_an_unheard_write_is_a_version_of_its_own(site: Site) -> None:
    site.double.faults += [Fault(only=WRITE)] + [Fault(cut_after=True, only=WRITE)] * 4
    with pytest.raises(StoreUnavailable):
        await site.store.append(TWO)
    assert await site.store.append(batch(Row(0, 12, delay=60))) == 1
    assert await site.versions() == [10, 12]


async def test_a_cut_between_requests_is_completed_when_the_batch_comes_again(site: Site) -> None:
    site.double.faults += [Fault(only=WRITE)] + [Fault(status=500, only=WRITE)] * 4
    with pytest.raises(StoreUnavailable):
        await site.store.append(TWO)
    assert await site.values() == []
    assert await site.store.append(TWO) == 2
    [reading] = await site.store.history(1, 1, at(0))
    assert reading.frame_id is not None
    assert await site.store.frame(reading.frame_id) == RawFrame(b"ask", b"told")


@pytest.mark.parametrize("fault", [Fault(status=503, only=QUERY), Fault(cut_before=True, only=QUERY)], ids=str)
async def test_a_query_is_tried_again_too(site: Site, fault: Fault) -> None:
    await site.store.append(TWO)
    site.double.faults += [fault] * 3
    assert await site.values() == [10, 11]


ERROR_TABLE = "error,reference\r\nquery terminated: out of memory,897\r\n\r\n"
HALF_A_POINT = ",result,table,_time,_value,_field,installation,type\r\n,_result,0,2026-01-01T00:00:00Z,1,value,1,1\r\n"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (ERROR_TABLE, "in the middle of its answer"),
        (HALF_A_POINT, "not whole"),
        (",result,table,_time\r\n,_result,0,x\r\n", "not what was asked"),
        (HALF_A_POINT.replace(",1,value", ",1.5,value"), "not what was asked"),
    ],
)
async def test_an_answer_that_is_no_answer_is_never_read_as_one(site: Site, body: str, words: str) -> None:
    site.double.faults += [Fault(status=200, body=body, only=QUERY)]
    with pytest.raises(StoreUnavailable, match=words):
        await site.values()


@pytest.mark.parametrize(("status", "words"), [(401, "check the token"), (403, "may not"), (404, "organisation")])
async def test_a_wrong_setting_is_told_at_once_and_costs_no_readings(site: Site, status: int, words: str) -> None:
    site.double.faults.append(Fault(status=status, only=WRITE))
    with pytest.raises(StoreUnavailable, match=words):
        await site.store.append(TWO)
    assert site.refused.kept == []
    assert await site.store.append(TWO) == 2


async def test_a_server_that_wants_a_long_pause_gets_it_from_the_spool(site: Site) -> None:
    site.double.faults += [Fault(status=429, retry_after="3600", only=WRITE)]
    with pytest.raises(StoreUnavailable, match="after 1 attempts: 429"):
        await site.store.append(TWO)


async def test_while_the_server_is_away_nobody_waits_for_it_again(double: DoubleInfluxDb) -> None:
    settings = replace(settings_of(double, "nowhere"), away_s=60.0)
    store = influxdb_store(settings)
    double.faults += [Fault(status=500)] * 4
    await store.open()
    double.requests.clear()
    with pytest.raises(StoreUnavailable, match="after 4 attempts"):
        await store.latest(1)
    assert double.requests == []
    await store.close()


class TestRefused:
    """What the server will never take is kept elsewhere; its neighbours are stored."""

    async def test_the_refused_rows_of_a_batch_and_only_they(self, site: Site) -> None:
        site.points.retention_from = START_US * 1_000
        rows = batch(*(Row(slot, slot + 100) for slot in range(-3, 20)))
        assert await site.store.append(rows) == 20
        assert await site.values() == list(range(100, 120))
        kept = [value for refused, _ in site.refused.kept for value in refused.value.tolist()]
        assert sorted(kept) == [97, 98, 99]
        assert {reason for _, reason in site.refused.kept} == {
            "422: failure writing points to database: partial write: points beyond retention policy dropped=1"
        }

    async def test_a_reading_whose_frame_is_refused_is_refused_with_it(self, site: Site) -> None:
        long_ago = Row(-9_000, 1, frame=RawFrame(b"a", b"b"))
        site.points.retention_from = START_US * 1_000
        assert await site.store.append(batch(long_ago, Row(0, 2, frame=RawFrame(b"c", b"d")))) == 1
        [(refused, _)] = site.refused.kept
        assert (refused.value.tolist(), refused.frames[refused.frame[0]].reply) == ([1], b"b")

    async def test_a_bucket_that_refuses_everything_costs_a_bounded_number_of_requests(self, site: Site) -> None:
        site.points.retention_from = 2**62
        rows = batch(*(Row(slot, slot) for slot in range(2_000)))
        assert await site.store.append(rows) == 0
        assert sum(len(refused) for refused, _ in site.refused.kept) == 2_000
        assert site.requests(WRITE) < 250

    async def test_a_request_that_is_too_large_is_halved(self, site: Site) -> None:
        site.double.body_limit = 2_000
        assert await site.store.append(batch(*(Row(slot, slot) for slot in range(100)))) == 100
        site.double.body_limit = 50_000_000
        assert await site.values() == list(range(100))
        assert site.refused.kept == []

    @pytest.mark.parametrize("frame", [RawFrame(b"x" * 48_001, b""), RawFrame(b"", b"x" * 48_001)])
    async def test_a_frame_longer_than_a_string_of_the_server(self, site: Site, frame: RawFrame) -> None:
        longest = RawFrame(b"y" * 48_000, b"z" * 48_000)
        assert await site.store.append(batch(Row(0, 1, frame=frame), Row(1, 2, frame=longest))) == 1
        [(refused, reason)] = site.refused.kept
        assert (refused.value.tolist(), refused.frames[refused.frame[0]]) == ([1], frame)
        assert "does not fit" in reason

    @pytest.mark.parametrize("instant", [2**63 - 1, -(2**63), 9_223_372_036_854_776, -9_223_372_036_854_776])
    async def test_an_instant_outside_the_years_of_the_server(self, site: Site, instant: int) -> None:
        rows = batch(Row(0, 1), Row(1, 2))
        rows.measured_at[0] = instant
        assert await site.store.append(rows) == 1
        assert [refused.measured_at.tolist() for refused, _ in site.refused.kept] == [[instant]]

    async def test_the_version_after_the_thousandth(self, site: Site) -> None:
        for first in (0, 500):
            await site.store.append(batch(*(Row(0, value) for value in range(first, first + 500))))
        assert len(await site.versions()) == 1_000
        assert await site.store.append(batch(Row(0, 5_000))) == 0
        [(refused, reason)] = site.refused.kept
        assert (refused.value.tolist(), reason) == ([5_000], "this reading has 1000 versions already")
        assert refused.quality.tolist() == [1 << 9]
        assert (await site.versions())[-1] == 999


async def test_newer_readings_are_stored_without_a_question(site: Site) -> None:
    await site.store.append(batch(Row(0, 1)))
    await site.store.append(batch(Row(1, 2), Row(0, 3, type_id=2), Row(0, 4, meter=2)))
    assert site.requests(QUERY) == 0


async def test_a_whole_replay_after_a_restart_takes_few_questions_and_adds_nothing(site: Site) -> None:
    years = [Row(96 * 400 * n, n, meter) for n in range(3) for meter in range(1, 121)]
    assert await site.store.append(batch(*years)) == 360
    await site.store.close()
    await site.store.open()
    site.double.requests.clear()
    assert await site.store.append(batch(*years)) == 0
    assert (site.requests(QUERY), site.requests(WRITE)) == (3 * 3, 0)  # three times, fifty meters at most
    assert (await site.store.previous(batch(*years))).value.tolist() == [0] * 240 + [1] * 120


async def test_closing_finishes_what_was_accepted_and_refuses_the_rest(site: Site) -> None:
    site.double.faults += [Fault(status=500, only=WRITE)]
    with pytest.raises(StoreUnavailable):  # so that the accepted ones must first ask what is stored
        site.double.faults += [Fault(status=401, only=WRITE)]
        await site.store.append(batch(Row(99, 1)))
    accepted = [asyncio.create_task(site.store.append(batch(Row(n, n)))) for n in range(50)]
    await asyncio.sleep(0)
    await site.store.close()
    assert await asyncio.gather(*accepted) == [1] * 50
    with pytest.raises(StoreUnavailable):
        await site.store.append(batch(Row(99, 1)))
    await site.store.open()
    assert await site.values() == list(range(50))


async def test_a_caller_that_gives_up_stops_nobody(site: Site) -> None:
    appends = [asyncio.create_task(site.store.append(batch(Row(n, n)))) for n in range(20)]
    await asyncio.sleep(0)
    for given_up in appends[::3]:
        given_up.cancel()
    results = await asyncio.gather(*appends, return_exceptions=True)
    assert [r for r in results if not isinstance(r, asyncio.CancelledError)] == [1] * 13
    assert await site.store.append(batch(Row(100, 1))) == 1


async def test_another_life_goes_on_where_the_first_one_ended(site: Site) -> None:
    frames = [RawFrame(b"%d" % n, b"") for n in range(6)]
    marks = (ReadingQuality.SPIKE,)
    await site.store.append(batch(*(Row(n, n, qualities=marks * (n > 1), frame=frames[n]) for n in range(3))))
    await site.store.close()
    await site.store.open()
    assert (await site.store.previous(batch(Row(5)))).value.tolist() == [1]
    assert await site.store.append(batch(*(Row(n, 7 * (n == 2) + n, frame=frames[n + 3]) for n in range(3)))) == 1
    found = [*await site.store.history(1, 1, at(1)), *await site.store.history(1, 1, at(2))]
    assert [(r.scaled, r.version) for r in found] == [(1, 1), (2, 1), (9, 2)]
    numbers = [r.frame_id for r in found if r.frame_id is not None]
    assert [await site.store.frame(number) for number in numbers] == [frames[1], frames[2], frames[5]]
    assert all(number < 2**53 for number in numbers)  # a browser reads them too


async def test_the_token_is_in_no_error_no_log_and_no_text(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    settings = settings_of(site.double, site.bucket)
    site.double.faults += [Fault(status=500, only=WRITE)] * 4
    with pytest.raises(StoreUnavailable) as failed:
        await site.store.append(TWO)
    said = [str(failed.value), repr(failed.value.__cause__), repr(settings), caplog.text]
    assert not [text for text in said if TOKEN in text]


async def test_a_redirect_does_not_get_the_token(site: Site) -> None:
    site.double.faults.append(Fault(status=307, only=WRITE))
    with pytest.raises(StoreUnavailable, match="307"):
        await site.store.append(TWO)
