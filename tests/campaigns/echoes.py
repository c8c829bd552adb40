"""P10: a converter that lets us hear ourselves, all of it or a piece, before every reply. No read is lost or wrong.

Half of the reads go over a line that was told of the echo, half over one that was not. That no write is confirmed by
its echo is proved where it would be decided: a tenth as many write requests heard back are no answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from collectors.drivers.dlt645 import Dlt645Driver
from collectors.transports.echo import EchoPipe
from protocols import dlt645
from protocols.dlt645.writes import Access, Password, change_rate, freeze, write_data
from tests.campaigns.typical_frames import some_address
from tests.campaigns.verdict import Stopwatch, Verdict
from tests.campaigns.wire_reads import read_some
from tests.fakes.virtual_time import run_virtual
from tests.scenarios.faults import Echo, Faults
from tests.scenarios.world import MakeDriver, WorldPlan, lines_of

KINDS = (Echo.FULL, Echo.PARTIAL)
ACCESS = Access(Password("02", "000000"), "00000000")
WRITES: Sequence[Callable[[str], dlt645.Frame]] = (
    freeze,
    lambda address: change_rate(address, 9600),
    lambda address: write_data(address, "04000103", [1], ACCESS),
)


def run(seed: int, tried: int, driver: MakeDriver = Dlt645Driver) -> Verdict:
    """`tried` reads of one to three items, half with full echo, half with partial."""
    watch = Stopwatch()
    bad = run_virtual(_read(seed, tried - tried // 2, WorldPlan(seed=seed, lines=1, meters_per_line=8, driver=driver)))
    told = WorldPlan(seed=seed, lines=1, meters_per_line=8, driver=driver, line_end=EchoPipe)
    bad += run_virtual(_read(seed, tried // 2, told))
    bad += _confirmed_by_echo(Random(seed), tried // 10)
    return watch.verdict("P10", seed, tried, bad)


def _confirmed_by_echo(chance: Random, tried: int) -> list[str]:
    """Write requests whose own bytes, whole or cut, would pass for the meter's word."""
    bad = []
    for _ in range(tried):
        request = chance.choice(WRITES)(some_address(chance))
        raw = dlt645.encode(request)
        heard = dlt645.Connection().receive(raw[: chance.choice((len(raw), chance.randrange(len(raw))))])
        answers = [e for e in heard if isinstance(e, dlt645.FrameReceived) and dlt645.answers(request, e.frame)]
        bad += [f"the echo {raw.hex()} confirms itself"] if answers else []
    return bad


async def _read(seed: int, tried: int, plan: WorldPlan) -> list[str]:
    chance, bad = Random(seed), list[str]()
    async with lines_of(plan) as world:
        installations = await world.registry.installations()
        for count in range(tried):
            for pipe in world.pipes.values():
                pipe.faults = Faults(echo=KINDS[count % len(KINDS)])
            answer, wrong = await read_some(world, installations, chance)
            lost = [result for result in answer.results if result.error in ("no_answer", "invalid_data")]
            bad += wrong + [f"{answer.installation.meter.server_address} {r.item}: {r.reason}" for r in lost]
    return bad
