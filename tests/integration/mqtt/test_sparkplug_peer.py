"""An edge node of software that is not ours: read exactly, missed when it dies, asked again when not understood."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from collectors.driver import Site
from collectors.drivers.mqtt import MqttDriver
from collectors.profiles import MqttForm, MqttProfile, MqttValue
from headend.domain.collection import ItemError, Priority
from headend.domain.events import EventKind
from tests.fakes.processes import wait_for_line
from tests.integration.mqtt.conftest import Broker
from tests.integration.mqtt.field import CLOCK, TYPES, Sink, States, meter, open_line, until

pytestmark = pytest.mark.asyncio
ROOT = Path(__file__).parents[3]
COMMAND = [str(ROOT / ".venv-peers" / "bin" / "python"), str(Path(__file__).with_name("sparkplug_peer.py"))]
PEER = MqttProfile(
    "peer",
    "this test",
    (
        MqttValue("active_energy_import", "energy", "Wh", Decimal(1)),
        MqttValue("active_energy_export", "export", "kWh", Decimal("0.001")),
        MqttValue("voltage_l1", "voltage", "V", Decimal("0.1")),
    ),
    form=MqttForm.SPARKPLUG,
)
DRIVER = MqttDriver({"peer": PEER}, Site(TYPES, ZoneInfo("Asia/Shanghai"), CLOCK.now))
ADDRESS = "plant/gate/m1"


@dataclass
class EdgeNode:
    """The peer's process."""

    process: subprocess.Popen[str]

    def say(self, *lines: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("".join(line + "\n" for line in lines))
        self.process.stdin.flush()

    async def has_said(self, words: str) -> None:
        await asyncio.to_thread(wait_for_line, self.process, words)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


StartPeer = Callable[[], EdgeNode]


@pytest.fixture
def start_peer(broker: Broker) -> Iterator[StartPeer]:
    started: list[EdgeNode] = []

    def start() -> EdgeNode:
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            [*COMMAND, str(broker.port)], stdin=pipe, stdout=pipe, stderr=pipe, text=True, bufsize=1
        )
        started.append(EdgeNode(process))
        return started[-1]

    yield start
    for node in started:
        node.kill()
        node.process.communicate()


async def born(start_peer: StartPeer) -> EdgeNode:
    node = start_peer()
    await node.has_said("born")
    return node


async def test_every_type_is_read_exactly_by_name_and_by_alias(broker: Broker, start_peer: StartPeer) -> None:
    sink, states = Sink(), States()
    watched = meter(broker, ADDRESS, 1, "peer")
    async with open_line(broker, watched, sink=sink, states=states, driver=DRIVER) as line:
        await until(lambda: line.counters.rebirths)  # it listens
        node = await born(start_peer)
        await until(lambda: len(sink.kept) == 3)
        node.say("data energy 9876543211", "alias energy 9876543212", "data export 1234.568", "alias voltage 229.7")
        await until(lambda: len(sink.kept) == 7)
    assert sink.values() == ["9876543.210", "9876543.211", "9876543.212"]
    assert sink.values("active_energy_export") == ["1234.567", "1234.568"]
    assert sink.values("voltage_l1") == ["230.2", "229.7"]
    assert {reading.installation_id for reading in sink.kept} == {1}
    assert not any(reading.qualities for reading in sink.kept)
    assert states.news == []


async def test_history_is_kept_in_its_own_time(broker: Broker, start_peer: StartPeer) -> None:
    sink = Sink()
    async with open_line(broker, meter(broker, ADDRESS, 1, "peer"), sink=sink, states=States(), driver=DRIVER) as line:
        await until(lambda: line.counters.rebirths)
        node = await born(start_peer)
        node.say("old energy 5 3600000")
        await until(lambda: len(sink.kept) == 4)
    newest, history = sink.kept[0], sink.kept[3]
    assert str(history.value) == "0.005"
    assert newest.measured_at - history.measured_at > timedelta(minutes=59)


async def test_who_comes_late_asks_for_the_birth_and_is_answered(broker: Broker, start_peer: StartPeer) -> None:
    node, sink = await born(start_peer), Sink()
    node.say("alias energy 9876543299")
    async with open_line(broker, meter(broker, ADDRESS, 1, "peer"), sink=sink, states=States(), driver=DRIVER) as line:
        await node.has_said("commanded")
        await until(lambda: len(sink.kept) == 3)
        node.say("alias energy 9876543300")
        await until(lambda: len(sink.kept) == 4)
        assert line.counters.rebirths == 1
    assert sink.values() == ["9876543.210", "9876543.300"]


async def test_a_lost_message_is_told_and_no_alias_is_believed_before_the_next_birth(
    broker: Broker, start_peer: StartPeer
) -> None:
    sink, states = Sink(), States()
    async with open_line(broker, meter(broker, ADDRESS, 1, "peer"), sink=sink, states=states, driver=DRIVER) as line:
        await until(lambda: line.counters.rebirths)
        node = await born(start_peer)
        await until(lambda: len(sink.kept) == 3)
        node.say("skip", "alias energy 1", "data energy 9876543213")
        await until(lambda: len(sink.kept) == 4)
        assert [(news.kind, news.detail[:1]) for news in states.news] == [(EventKind.MESSAGES_LOST, "1")]
        await node.has_said("commanded")
    assert sink.values()[:2] == ["9876543.210", "9876543.213"]


async def test_a_killed_edge_node_is_offline_and_its_return_is_told(broker: Broker, start_peer: StartPeer) -> None:
    sink, states = Sink(), States()
    async with open_line(broker, meter(broker, ADDRESS, 1, "peer"), sink=sink, states=states, driver=DRIVER) as line:
        await until(lambda: line.counters.rebirths)
        node = await born(start_peer)
        await until(lambda: len(sink.kept) == 3)
        assert states.news == []
        node.kill()
        await until(lambda: len(states.news) == 1)
        await born(start_peer)
        await until(lambda: len(states.news) == 2)
    assert [news.kind for news in states.news] == [EventKind.METER_SILENT, EventKind.METER_BACK]


async def test_a_read_is_answered_by_a_birth(broker: Broker, start_peer: StartPeer) -> None:
    node = await born(start_peer)
    async with open_line(broker, states=States(), driver=DRIVER) as line:
        items = ["active_energy_import", "voltage_l1", "frequency"]
        answer = await line.read(meter(broker, ADDRESS, 1, "peer"), items, Priority.ON_DEMAND, 10)
        await node.has_said("commanded")
    assert [result.text for result in answer.results] == ["9876543.210", "230.2", None]
    assert answer.results[2].error is ItemError.NOT_SUPPORTED
    frame = answer.readings[0].frame
    assert frame is not None and b"spBv1.0/plant/DBIRTH/gate/m1 " in frame.reply
