"""The broker is killed while meters publish: told once, back within ten seconds, nothing invented or doubled."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collectors.mqtt_line import MqttLine
from headend.domain.collection import Priority
from headend.domain.metering import MeterInstallation
from headend.domain.readings import Reading
from simulators import FleetPlan, build_fleet, serve
from tests.integration.mqtt.conftest import Broker
from tests.integration.mqtt.field import CLOCK, Sink, States, meter, open_line, until

pytestmark = pytest.mark.asyncio
METERS = 20
PLAN = FleetPlan(METERS, "000000000001", commissioned=datetime(2026, 11, 1, tzinfo=UTC))
Key = tuple[int, str, datetime]


def key(reading: Reading) -> Key:
    return reading.installation_id, reading.reading_type.name, reading.measured_at


async def test_kill_9_of_the_broker_during_publishing(broker: Broker, tmp_path: Path) -> None:
    witness, sink, states = tmp_path / "witness.jsonl", Sink(), States()
    meters = [meter(broker, simulated.address, n) for n, simulated in enumerate(build_fleet(PLAN), start=1)]
    async with (
        serve("mqtt", broker.url, build_fleet(PLAN), now=CLOCK.now, witness=witness),
        open_line(broker, *meters, sink=sink, identifier="site", states=states) as line,
    ):
        for _ in range(2):
            asking = [asyncio.create_task(line.read(m, ["voltage_l1"], Priority.SCHEDULED, 5)) for m in meters]
            await until(lambda: len(sink.kept) > 5)
            broker.kill()
            await asyncio.gather(*asking, return_exceptions=True)
            await until(lambda: states.told and states.told[-1] is not None)
            broker.start()
            returned_at = CLOCK.now()
            await until(lambda: states.told[-1] is None, seconds=10)
            assert CLOCK.now() - returned_at < timedelta(seconds=10)
            await answered(line, meters)
    assert [told is None for told in states.told] == [False, True] * 2
    assert_true(sink, witness)


async def answered(line: MqttLine, meters: Sequence[MeterInstallation]) -> None:
    """Every meter answers again: the simulator, too, is back."""
    waiting = list(meters)
    async with asyncio.timeout(15):
        while waiting:
            answers = await asyncio.gather(*(line.read(m, ["voltage_l1"], Priority.SCHEDULED, 5) for m in waiting))
            waiting = [a.installation for a in answers if not a.is_answered]


def assert_true(sink: Sink, witness: Path) -> None:
    """Each kept register is one that the witness saw published; the same key always has the same value."""
    published = set[tuple[str, str, str, str]]()
    for text in witness.read_text().splitlines():
        told = json.loads(text)
        published |= {(told["meter"], told["as_of"], name, value) for name, value in told["registers"].items()}
    energy = [r for r in sink.kept if r.reading_type.name.startswith("active_energy")]
    assert len({key(r) for r in energy}) >= METERS
    for reading in energy:
        at = reading.measured_at.isoformat(timespec="microseconds").replace("+00:00", "Z")
        meter_address = f"{reading.installation_id:012d}"
        assert (meter_address, at, reading.reading_type.name, str(reading.value)) in published
    values = Counter(key(r) for r in {(key(r), r.value): r for r in sink.kept}.values())
    assert set(values.values()) == {1}
