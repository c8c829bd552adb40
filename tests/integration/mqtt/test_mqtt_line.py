"""The line over a real broker: acknowledged means durable, fresh means fresh, and no reading under another key."""

from __future__ import annotations

import asyncio

import aiomqtt
import pytest

from collectors.transports.broker import connect
from collectors.transports.broker_access import BrokerAccess
from headend.domain.collection import ItemError, Priority
from headend.domain.errors import LineDown
from headend.domain.quality import ReadingQuality
from headend.domain.readings import ReadingSource
from tests.integration.mqtt.conftest import Broker
from tests.integration.mqtt.field import Sink, States, meter, open_line, publish, state, until

pytestmark = pytest.mark.asyncio
A, B = "000000000001", "000000000002"


async def connected(broker: Broker, sink: Sink) -> None:
    """Publish until something is kept: the subscription stands. Forgets what it took for that."""
    while not sink.kept:
        await publish(broker, f"meters/{A}/state", state("0.01", 59))
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.1)
    sink.kept.clear()


async def test_what_a_watched_meter_publishes_is_kept_with_its_own_time(broker: Broker) -> None:
    sink = Sink()
    async with open_line(broker, meter(broker, A), sink=sink, states=States()):
        await connected(broker, sink)
        await publish(broker, f"meters/{A}/state", state("1234.56"))
        await until(sink.values)
    (reading,) = sink.kept
    assert (str(reading.value), reading.source, reading.qualities) == ("1234.56", ReadingSource.PUSHED, frozenset())
    assert reading.measured_at.isoformat() == "2026-11-24T08:00:00+00:00"
    assert reading.frame is not None and reading.frame.reply == f"meters/{A}/state {state('1234.56')}".encode()


async def test_other_topics_and_other_meters_never_land_here(broker: Broker) -> None:
    sink = Sink()
    async with open_line(broker, meter(broker, A), sink=sink, states=States()):
        await connected(broker, sink)
        for topic in (f"meters/{B}/state", f"meters/{A}/get", f"meters/{A}/state/x", f"meters/{A}"):
            await publish(broker, topic, state("6.66"))
        await publish(broker, f"meters/{A}/state", state("1.00"))
        await until(sink.values)
    assert sink.values() == ["1.00"]


async def test_nonsense_is_let_go_and_the_next_message_is_taken(broker: Broker) -> None:
    sink = Sink()
    async with open_line(broker, meter(broker, A), sink=sink, states=States()) as line:
        await connected(broker, sink)
        for payload in (
            "",
            "{",
            '{"time":"soon","active_energy_import":"1"}',
            '{"active_energy_import":"1e999999999"}',
        ):
            await publish(broker, f"meters/{A}/state", payload)
        await publish(broker, f"meters/{A}/state", state("1.00"))
        await until(sink.values)
        health = line.health()
        assert (health.is_open, health.unreadable, health.strays, health.exchanges) == (True, 4, 0, 0)
        assert health.messages >= 5
    assert sink.values() == ["1.00"]


async def test_a_message_that_was_not_kept_comes_again_on_the_next_connection(broker: Broker) -> None:
    shut, sink = Sink(), Sink()
    watched = meter(broker, A)
    async with open_line(broker, watched, sink=shut, identifier="one", states=States()):
        await connected(broker, shut)
        offered = shut.offered
        shut.door.clear()
        await publish(broker, f"meters/{A}/state", state("7.77"))
        await until(lambda: shut.offered > offered)
    assert shut.values() == []
    async with open_line(broker, watched, sink=sink, identifier="one", states=States()):
        await until(sink.values)
    assert sink.values() == ["7.77"]


async def test_a_message_that_was_kept_does_not_come_again(broker: Broker) -> None:
    first, second = Sink(), Sink()
    watched = meter(broker, A)
    async with open_line(broker, watched, sink=first, identifier="one", states=States()):
        await connected(broker, first)
        await publish(broker, f"meters/{A}/state", state("7.77"))
        await until(first.values)
        await asyncio.sleep(0.1)  # the acknowledgement travels
    async with open_line(broker, watched, sink=second, identifier="one", states=States()):
        await connected(broker, second)
        await asyncio.sleep(0.2)
    assert (first.values(), second.values()) == (["7.77"], [])


async def test_what_is_published_while_the_head_end_is_away_is_kept_later(broker: Broker) -> None:
    sink = Sink()
    watched = meter(broker, A)
    async with open_line(broker, watched, sink=sink, identifier="one", states=States()):
        await connected(broker, sink)
    for second in range(30):
        await publish(broker, f"meters/{A}/state", state(f"{second}.00", second))
    async with open_line(broker, watched, sink=sink, identifier="one", states=States()):
        await until(lambda: len(sink.kept) >= 30)
    assert sink.values() == [f"{second}.00" for second in range(30)]


async def test_while_the_store_is_down_messages_wait_and_none_is_lost(broker: Broker) -> None:
    sink = Sink()
    async with open_line(broker, meter(broker, A), sink=sink, states=States()):
        await connected(broker, sink)
        sink.is_down = True
        for second in range(40):
            await publish(broker, f"meters/{A}/state", state(f"{second}.00", second))
        sink.is_down = False
        await until(lambda: len(sink.kept) >= 40)
    assert sink.values() == [f"{second}.00" for second in range(40)]


async def test_a_retained_state_is_a_reading_only_with_its_time(broker: Broker) -> None:
    plug = meter(broker, "plug", 2, "tasmota")
    await publish(broker, "tele/plug/SENSOR", '{"ENERGY":{"Total":9.9}}', retain=True)
    await publish(broker, f"meters/{A}/state", state("5.00"), retain=True)
    sink = Sink()
    async with open_line(broker, meter(broker, A), plug, sink=sink, states=States()):
        await until(sink.values)
        await publish(broker, "tele/plug/SENSOR", '{"ENERGY":{"Total":10.1}}')
        await until(lambda: len(sink.kept) == 2)
    assert sink.values() == ["5.00", "10.1"]
    assert sink.kept[1].qualities == {ReadingQuality.TIME_FROM_HEADEND}


async def test_a_meter_that_reports_by_itself_is_read_by_waiting_for_its_next_state(broker: Broker) -> None:
    await publish(broker, "tele/plug/SENSOR", '{"Time":"2026-11-24T16:00:00","ENERGY":{"Power":1}}', retain=True)
    plug = meter(broker, "plug", 2, "tasmota")
    async with open_line(broker, states=States()) as line:
        reading = asyncio.create_task(line.read(plug, ["active_power", "00010000"], Priority.ON_DEMAND, 10))
        await asyncio.sleep(0.5)  # the retained state has come and was not taken
        assert not reading.done()
        await publish(broker, "tele/plug/SENSOR", '{"Time":"2026-11-24T16:05:00","ENERGY":{"Power":1234}}')
        power, identifier = (await reading).results
    assert (power.text, power.unit, identifier.error) == ("1.234", "kW", ItemError.NOT_SUPPORTED)
    assert power.measured_at is not None and power.measured_at.isoformat() == "2026-11-24T08:05:00+00:00"
    assert line.periodic_items(plug) == ()


async def test_many_meters_are_asked_at_once(broker: Broker) -> None:
    meters = [meter(broker, f"{number:012d}", number) for number in range(1, 51)]

    async def answer_all() -> None:
        """Answers only when all have been asked, so that one after the other would never end."""
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            await client.subscribe("meters/+/get", qos=1)
            asked = set[str]()
            async for message in client.messages:
                asked.add(str(message.topic).split("/")[1])
                if len(asked) == len(meters):
                    break
            for address in sorted(asked):
                await client.publish(f"meters/{address}/state", state(f"{int(address)}.25"), qos=1)

    async with open_line(broker, states=States()) as line:
        answering = asyncio.create_task(answer_all())
        await asyncio.sleep(0.1)
        asks = (line.read(m, ["active_energy_import"], Priority.SCHEDULED, 10) for m in meters)
        answers = await asyncio.gather(*asks)
        await answering
    assert [a.results[0].text for a in answers] == [f"{number}.25" for number in range(1, 51)]
    assert [a.readings[0].installation_id for a in answers] == list(range(1, 51))


async def test_a_meter_that_does_not_answer_is_silent(broker: Broker) -> None:
    async with open_line(broker, states=States()) as line:
        answer = await line.read(meter(broker, A), ["voltage_l1"], Priority.ON_DEMAND, 0.5)
    assert [result.error for result in answer.results] == [ItemError.NO_ANSWER]
    assert not answer.is_answered


async def test_a_broker_that_is_not_there_is_a_line_down_told_once(broker: Broker) -> None:
    broker.kill()
    states = States()
    async with open_line(broker, states=states) as line:
        for _ in range(3):
            with pytest.raises(LineDown, match="broker"):
                await line.read(meter(broker, A), ["voltage_l1"], Priority.ON_DEMAND, 5)
        assert len(states.told) == 1
        broker.start()
        await until(lambda: states.told[-1] is None)
    assert len(states.told) == 2


async def test_a_meter_that_is_no_longer_registered_is_no_longer_heard(broker: Broker) -> None:
    sink = Sink()
    async with open_line(broker, meter(broker, A), meter(broker, B, 2), sink=sink, states=States()) as line:
        await connected(broker, sink)
        line.watch([meter(broker, A)])
        await asyncio.sleep(0.2)
        await publish(broker, f"meters/{B}/state", state("6.66"))
        await publish(broker, f"meters/{A}/state", state("1.00"))
        await until(sink.values)
    assert sink.values() == ["1.00"]


async def test_messages_beyond_the_backlog_come_again_on_the_next_connection(broker: Broker) -> None:
    topic = f"meters/{A}/state"
    async with connect(BrokerAccess("127.0.0.1", broker.port), "small", backlog=5) as small:
        await small.subscribe([topic])
        for second in range(10):
            await publish(broker, topic, state(f"{second}.00", second))
        with pytest.raises(LineDown, match="too many"):
            await small.receive()
    payloads: list[bytes] = []
    async with connect(BrokerAccess("127.0.0.1", broker.port), "small") as again:
        while len(payloads) < 10:
            payloads += [message.payload for message in await again.receive()]
    assert payloads == [state(f"{second}.00", second).encode() for second in range(10)]
