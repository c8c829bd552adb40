"""One 2400-baud line with twenty meters: how much of the time bytes are on the wire.

The wire is `headend faultproxy` pacing TCP at 2400 bit/s, 11 bits a character; a meter answers after 20 ms, the least
that DL/T 645 has it wait. The limit is a master that takes no time at all: wire and 20 ms for each exchange.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

import uvloop

from collectors.line_urls import parse_line
from collectors.lines import StreamLine, stream_line
from headend.bootstrap.field import build_field
from headend.clock import SystemClock
from headend.domain.collection import Priority
from headend.domain.metering import MeterInstallation
from tests.benches.head_end_parts import ROOT, ZONE
from tests.benches.measured import Line, Size
from tests.fakes.memory_stores import MemoryMeterRegistry
from tests.fakes.meters import registration
from tests.fakes.processes import HEADEND, running

BAUD, BITS, ANSWERS_AFTER_S = 2400, 11, 0.02
METERS, READS = 20, 60
ITEMS = ("00010000", "0201FF00")
SCRIPT = f"""
- {{fault: pace, share: 1, direction: down, count: {BAUD}, seconds: 0}}
- {{fault: pace, share: 1, direction: up, count: {BAUD}, seconds: {ANSWERS_AFTER_S}}}
"""


def line(size: Size) -> list[Line]:
    """Efficiency against the limit."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "pace.yaml"
        script.write_text(SCRIPT)
        meters = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", "tcp://127.0.0.1:0", "--meters", str(METERS)]
        with running(meters, "listening on") as (_, told):
            proxy = [HEADEND, "faultproxy", "--listen", "tcp://127.0.0.1:0", "--to", told.split()[-1]]
            with running([*proxy, "--script", str(script), "--seed", str(size.seed)], "listening on") as (_, at):
                wire_s, exchanges, elapsed = uvloop.run(_read(at.split()[-1], size.of(READS)))
    ours, allowed = wire_s / elapsed, wire_s / (wire_s + ANSWERS_AFTER_S * exchanges)
    return [
        Line(
            bench="line_2400",
            ours=round(ours, 4),
            peer=round(allowed, 4),
            peer_name=f"a master without any delay of its own, {exchanges} exchanges in {elapsed:.1f} s",
            ratio=round(ours / allowed, 4),
            unit="wire time / elapsed",
            seed=size.seed,
        )
    ]


async def _read(url: str, reads: int) -> tuple[float, int, float]:
    """Seconds of bytes on the wire, exchanges, seconds elapsed."""
    line_url = f"{url}?baudrate={BAUD}"
    registry = MemoryMeterRegistry()
    await registry.register([registration(n, line_url=line_url) for n in range(1, METERS + 1)])
    installations = await registry.installations()
    clock = SystemClock()
    field = build_field(ROOT, ZONE, clock)
    owned = stream_line(parse_line(line_url), field.stream_drivers, clock, lambda reason: None)
    owner = asyncio.create_task(owned.run())
    await _one(owned, installations[0])  # opens the line
    began, octets, exchanges = time.perf_counter(), 0, 0
    for number in range(reads):
        octets_now, exchanges_now = await _one(owned, installations[number % METERS])
        octets, exchanges = octets + octets_now, exchanges + exchanges_now
    elapsed = time.perf_counter() - began
    owner.cancel()
    await asyncio.gather(owner, return_exceptions=True)
    return octets * BITS / BAUD, exchanges, elapsed


async def _one(line: StreamLine, installation: MeterInstallation) -> tuple[int, int]:
    answer = await line.read(installation, ITEMS, Priority.SCHEDULED, 60.0)
    assert answer.is_answered, [result.reason for result in answer.results]
    frames = {result.frame for result in answer.results if result.frame is not None}
    requests = sum(frame.request.count(b"\xfe\xfe\xfe\xfe") for frame in frames)
    # A reply is kept from its first 68 on; the meter sent four wake-up bytes before it.
    return sum(len(frame.request) + len(frame.reply) for frame in frames) + 4 * requests, requests
