"""Simulated ESPHome nodes and a Sparkplug edge node on a real broker: the line keeps what the witness saw told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headend.domain.collection import Priority
from headend.domain.readings import Reading
from simulators import FleetPlan, build_fleet, serve
from tests.integration.mqtt.conftest import Broker
from tests.integration.mqtt.field import CLOCK, Sink, States, meter, open_line, until

pytestmark = pytest.mark.asyncio
METERS = 3
PLAN = FleetPlan(METERS, "000000000001", commissioned=datetime(2026, 11, 1, tzinfo=UTC))
ADDRESSES = {"mqtt-esphome": "pzem-{}", "mqtt-sparkplug": "simulated/gateway-000000000001/{}"}
PROFILES = {"mqtt-esphome": "esphome-pzemac", "mqtt-sparkplug": "sparkplug-b"}


def energies(sink: Sink) -> list[Reading]:
    return [reading for reading in sink.kept if reading.reading_type.name == "active_energy_import"]


@pytest.mark.parametrize("form", list(ADDRESSES))
async def test_what_they_say_is_kept_exactly(broker: Broker, tmp_path: Path, form: str) -> None:
    witness, sink = tmp_path / "witness.jsonl", Sink()
    fleet = build_fleet(PLAN)
    meters = [meter(broker, ADDRESSES[form].format(m.address), n, PROFILES[form]) for n, m in enumerate(fleet, 1)]
    async with open_line(broker, *meters, sink=sink, states=States()) as line:
        await until(lambda: line._subscribed)
        async with serve(form, broker.url, fleet, now=CLOCK.now, witness=witness):
            await until(lambda: len({reading.installation_id for reading in energies(sink)}) == METERS)
    told = [json.loads(text) for text in witness.read_text().splitlines()]
    truths = {(int(line["meter"]), float(line["registers"]["active_energy_import"])) for line in told}
    assert {(reading.installation_id, float(reading.value)) for reading in energies(sink)} <= truths


async def test_an_edge_node_is_read_at_once_by_asking_for_its_birth(broker: Broker) -> None:
    async with serve("mqtt-sparkplug", broker.url, build_fleet(PLAN), now=CLOCK.now):
        address = ADDRESSES["mqtt-sparkplug"].format("000000000002")
        async with open_line(broker, states=States()) as line:
            items = ["active_energy_import", "voltage_l1", "power_factor"]
            wanted = meter(broker, address, 2, "sparkplug-b")
            answer = await line.read(wanted, items, Priority.ON_DEMAND, 10)
    assert [result.error for result in answer.results] == [None] * 3


async def test_after_a_kill_of_the_broker_the_node_is_born_again_and_heard(broker: Broker) -> None:
    sink, states, fleet = Sink(), States(), build_fleet(PLAN)
    addresses = [ADDRESSES["mqtt-sparkplug"].format(simulated.address) for simulated in fleet]
    meters = [meter(broker, address, n, "sparkplug-b") for n, address in enumerate(addresses, 1)]
    async with (
        serve("mqtt-sparkplug", broker.url, fleet, now=CLOCK.now),
        open_line(broker, *meters, sink=sink, states=states),
    ):
        await until(lambda: len({reading.installation_id for reading in energies(sink)}) == METERS)
        broker.kill()
        await until(lambda: states.told)
        before = len(sink.kept)
        broker.start()
        await until(lambda: len({reading.installation_id for reading in sink.kept[before:]}) == METERS, seconds=20)
    assert [told is None for told in states.told] == [False, True]
