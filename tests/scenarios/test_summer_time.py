"""The two days of the year with 92 and 100 quarters: none is lost and none is there twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from headend.domain.quality import ReadingQuality
from tests.fakes.virtual_time import run_virtual
from tests.scenarios.judge import judge, listed_gaps
from tests.scenarios.world import TYPES, WorldPlan, live

BERLIN = ZoneInfo("Europe/Berlin")
SLOT = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("midnight", "slots"),
    [
        (datetime(2026, 3, 29, tzinfo=BERLIN), 92),
        (datetime(2026, 3, 30, tzinfo=BERLIN), 96),
        (datetime(2026, 10, 25, tzinfo=BERLIN), 100),
    ],
)
def test_every_quarter_of_a_local_day_is_read_once(midnight: datetime, slots: int) -> None:
    async def run() -> None:
        plan = WorldPlan(seed=8, lines=1, meters_per_line=3, midnight=midnight)
        end = plan.start + slots * SLOT
        assert end.astimezone(BERLIN).hour == 0
        world = await live(plan, slots / 4 + 0.3)
        findings = await judge(world, plan.start, end)
        assert (findings.missing, findings.wrong, findings.doubled) == ([], [], [])
        assert await listed_gaps(world, plan.start, end) == []
        kind = TYPES.by_name("active_energy_import")
        for installation in (1, 2, 3):
            series = await world.stored.series(installation, [kind.id], plan.start, end)
            assert slots <= len(series) <= slots + 2  # the freeze of midnight, and one read of a slow clock's slot
            assert not any(ReadingQuality.CLOCK_OFFSET in reading.qualities for reading in series)

    run_virtual(run())
