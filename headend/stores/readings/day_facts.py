"""What came of each meter on a day, told by DuckDB over all versions of the readings. Decides nobody's merit.

Over versions and not over the resolved view: a correction that came later does not make a reading late, and a value
that was estimated afterwards does not undo the one that was read. A slot's first arrival is what counts.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from headend.domain.instants import to_us
from headend.domain.meter_days import SLOT_US, DayFacts
from headend.domain.quality import ReadingQuality, mask
from headend.domain.readings import BY_PEOPLE, SOURCE_CODE, WAY_SHIFT, ReadingSource
from headend.ports import DayQuestion
from headend.stores.readings.store import DuckDbReadingStore

ESTIMATED, CLOCK_OFFSET = mask([ReadingQuality.ESTIMATED]), mask([ReadingQuality.CLOCK_OFFSET])
TIME_FROM_HEADEND = mask([ReadingQuality.TIME_FROM_HEADEND])
LIVE = [SOURCE_CODE[ReadingSource.SCHEDULED], SOURCE_CODE[ReadingSource.ON_DEMAND]]
PEOPLE = ", ".join(str(SOURCE_CODE[source]) for source in sorted(BY_PEOPLE))  # what they bring was not collected
CODE = f"(source & {(1 << WAY_SHIFT) - 1})"
SECOND_US, DAY_US = 1_000_000, 86_400_000_000
QUERY = f"""
with register as (
    select installation, measured_at, received_at from reading
    where reading_type = $type and (quality & {ESTIMATED}) = 0 and {CODE} not in ({PEOPLE})
), arrived as (
    select due.row, (r.measured_at - $start) // {SLOT_US} as slot, min(r.received_at) as first_at
    from due join register r
        on r.installation = due.installation and r.measured_at >= due.begin_at and r.measured_at < due.end_at
    where r.measured_at >= $start and r.measured_at < $end
    group by due.row, slot
), slots as (
    select row, count(*) as received, count(*) filter (first_at <= $start + (slot + 1) * {SLOT_US} + $timely) as timely
    from arrived group by row
), at_end as (
    select distinct installation from register where measured_at between $end - $edge and $end + $edge
), heard as (
    select distinct installation from register where received_at >= $heard_since and received_at < $end
), clock as (
    select installation, max(((quality & {CLOCK_OFFSET}) != 0)::bigint) as wrong from reading
    where list_contains($live, {CODE}) and received_at >= $start and received_at < $end
        and (quality & {TIME_FROM_HEADEND}) = 0
    group by installation
)
select coalesce(received, 0) as received_slots, coalesce(timely, 0) as timely_slots,
    (at_end.installation is not null)::bigint as register_at_day_end,
    (heard.installation is not null)::bigint as heard,
    (clock.installation is not null)::bigint as clock_seen, coalesce(clock.wrong, 0) as clock_wrong
from asked left join slots on slots.row = asked.row
    left join at_end on at_end.installation = asked.installation
    left join heard on heard.installation = asked.installation
    left join clock on clock.installation = asked.installation
order by asked.row
"""  # noqa: S608 - our own numbers


class DuckDbDayFacts:
    """Port DayFactsSource over the DuckDB reading store."""

    def __init__(self, store: DuckDbReadingStore) -> None:
        self._store = store

    async def day_facts(self, question: DayQuestion) -> DayFacts:
        """The facts of each asked row, in their order. Estimated values are no readings."""
        return await self._store.ask(lambda cursor: day_facts(cursor, question))


def day_facts(cursor: duckdb.DuckDBPyConnection, question: DayQuestion) -> DayFacts:
    """See DayFactsSource."""
    windows, day = question.windows, question.day
    asked = {"row": range(len(question.installation)), "installation": question.installation}
    cursor.register("asked", pa.table({name: pa.array(column, pa.int64()) for name, column in asked.items()}))
    due = {
        "row": windows.row,
        "installation": question.installation[windows.row],
        "begin_at": windows.begin,
        "end_at": windows.end,
    }
    cursor.register("due", pa.table({name: pa.array(column, pa.int64()) for name, column in due.items()}))
    parameters = {
        "type": question.type_id,
        "start": to_us(day.start),
        "end": to_us(day.end),
        "timely": question.timely_s * SECOND_US,
        "edge": question.edge_s * SECOND_US,
        "heard_since": to_us(day.end) - question.heard_days * DAY_US,
        "live": LIVE,
    }
    found = cursor.execute(QUERY, parameters).fetchnumpy()
    return DayFacts(**{name: column.astype("int64") for name, column in found.items()})
