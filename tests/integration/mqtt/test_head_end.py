"""A whole head-end on a broker: registered meters are heard from the start, and a message counts once however often."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from headend.bootstrap.head_end import HeadEnd, open_head_end
from headend.bootstrap.stores import prepare
from headend.clock import SystemClock
from headend.domain.events import EventKind
from headend.domain.metering import Protocol
from headend.domain.readings import StoredReading
from headend.settings import Settings
from tests.fakes.meters import registration
from tests.integration.mqtt.conftest import Broker
from tests.integration.mqtt.field import publish

pytestmark = pytest.mark.asyncio
ADDRESS = "000000000001"


def state(value: str, at: datetime) -> str:
    return f'{{"time":"{at.isoformat()}","active_energy_import":"{value}"}}'


async def stored(head_end: HeadEnd) -> list[StoredReading]:
    kept = await head_end.stores.readings.latest(1)
    return [reading for reading in kept if reading.reading_type.name == "active_energy_import"]


async def run_until_stored(directory: Path, broker: Broker, at: datetime, *states: str) -> StoredReading:
    """Run a head-end like `headend serve`, publish until it has a reading of that time, then stop it."""
    await asyncio.to_thread(prepare, directory, Settings().data)
    async with open_head_end(Settings(), directory, SystemClock()) as head_end:
        row = registration(
            1, protocol=Protocol.MQTT, profile="headend-json", server_address=ADDRESS, line_url=broker.url
        )
        if not await head_end.stores.registry.installations():
            await head_end.stores.registry.register([row])
        running = asyncio.create_task(head_end.run())
        try:
            async with asyncio.timeout(15):
                while not (found := await stored(head_end)) or found[0].measured_at != at:
                    for payload in states:
                        await publish(broker, f"meters/{ADDRESS}/state", payload)
                    await asyncio.sleep(0.1)
            await asyncio.sleep(0.2)  # whatever else was published has come, too
            return (await stored(head_end))[0]
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_registered_meter_is_heard_from_the_start_and_once(broker: Broker, tmp_path: Path) -> None:
    now = SystemClock().now()
    reading = await run_until_stored(tmp_path / "data", broker, now, *[state("1234.56", now)] * 3)
    assert (reading.reading_type.text(reading.scaled), reading.version) == ("1234.56", 1)


async def test_what_came_while_it_was_stopped_is_kept_after_the_restart(broker: Broker, tmp_path: Path) -> None:
    first = SystemClock().now()
    await run_until_stored(tmp_path / "data", broker, first, state("1.00", first))
    later = first + timedelta(seconds=5)
    await publish(broker, f"meters/{ADDRESS}/state", state("2.00", later))
    reading = await run_until_stored(tmp_path / "data", broker, later)
    assert (reading.reading_type.text(reading.scaled), reading.version) == ("2.00", 2)


async def test_two_data_directories_have_two_names_and_each_keeps_its_own(broker: Broker, tmp_path: Path) -> None:
    names = []
    for directory in (tmp_path / "a", tmp_path / "a", tmp_path / "b"):
        await asyncio.to_thread(prepare, directory, Settings().data)
        async with open_head_end(Settings(), directory, SystemClock()):
            names.append((directory / "broker_identifier").read_text())
    assert names[0] == names[1] != names[2]


async def test_lost_messages_are_an_event_of_the_meter_and_doubled_ones_are_not(broker: Broker, tmp_path: Path) -> None:
    now = SystemClock().now()
    numbered = [state(f"{n}.00", now + timedelta(seconds=n)).replace("{", f'{{"seq":{n},', 1) for n in (1, 2, 2, 5)]
    await run_until_stored(tmp_path / "data", broker, now + timedelta(seconds=5), *numbered)
    async with open_head_end(Settings(), tmp_path / "data", SystemClock()) as head_end:
        events = await head_end.stores.events.recent(50, installation_id=1)
        second, energy = now + timedelta(seconds=2), head_end.types.by_name("active_energy_import")
        doubled = await head_end.stores.readings.history(1, energy.id, second)
    lost = [event.detail for event in events if event.kind is EventKind.MESSAGES_LOST]
    assert set(lost) == {"2 of its messages did not come"}
    assert len(doubled) == 1
