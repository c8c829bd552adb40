"""What simulated ESPHome nodes and Sparkplug edge nodes say: documented topics and types, values of their registers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from protocols.sparkplug import DataType, MessageType, Payload, number_of, parse, parse_topic, rebirth_command
from simulators.faces.mqtt_esphome import EsphomeVoice
from simulators.faces.mqtt_sparkplug import SparkplugVoice
from simulators.faces.mqtt_state import JsonVoice
from simulators.faces.mqtt_voice import Said
from simulators.meter import SimulatedMeter


def kinds(said: Sequence[Said]) -> list[MessageType]:
    topics = [parse_topic(each.topic) for each in said]
    return [topic.kind for topic in topics if topic is not None]


def payloads(said: Sequence[Said]) -> list[Payload]:
    return [parse(each.payload) for each in said]


def test_json_states_are_numbered_by_meter(meter: SimulatedMeter, now: datetime) -> None:
    voice = JsonVoice([meter])
    told = [*voice.tell(meter, now), *voice.answer(f"meters/{meter.address}/get", b"", now)]
    assert [json.loads(said.payload)["seq"] for said in told] == [1, 2]
    assert voice.answer("meters/999/get", b"", now) == []


def test_an_esphome_node_tells_bare_retained_numbers_in_wh_and_w(meter: SimulatedMeter, now: datetime) -> None:
    voice = EsphomeVoice([meter])
    told = {said.topic.split("/")[2]: said for said in voice.tell(meter, now)}
    energy = told["pzem-004t_v3_energy"]
    assert energy.topic == f"pzem-{meter.address}/sensor/pzem-004t_v3_energy/state"
    assert Decimal(energy.payload.decode()) == meter.energy(now).register("active_energy_import") * 1000
    assert told["pzem-004t_v3_power"].payload == f"{meter.snapshot(now).active_w}.00".encode()
    assert all(said.is_retained for said in told.values())
    assert (voice.will(now).payload, voice.greet(now)[0].payload) == (b"offline", b"online")


def test_an_edge_node_is_born_with_names_and_types_and_tells_by_alias(meter: SimulatedMeter, now: datetime) -> None:
    voice = SparkplugVoice([meter])
    will, births, (data,) = voice.will(now), voice.greet(now), voice.tell(meter, now)
    assert kinds([will, *births, data]) == [
        MessageType.NDEATH,
        MessageType.NBIRTH,
        MessageType.DBIRTH,
        MessageType.DDATA,
    ]
    node, device, told = payloads([*births, data])
    assert [p.seq for p in (node, device, told)] == [0, 1, 2]
    names = {metric.alias: metric for metric in device.metrics}
    assert all(metric.name and metric.datatype for metric in device.metrics)
    assert not any(metric.name or metric.datatype for metric in told.metrics)
    energy = next(metric for metric in told.metrics if names[metric.alias].name == "active_energy_import")
    assert energy.value is not None
    assert energy.value.raw == meter.energy(now).register("active_energy_import") * 1000


def test_a_birth_bears_the_number_of_its_will(meter: SimulatedMeter, now: datetime) -> None:
    voice = SparkplugVoice([meter])
    for number in range(3):
        (will,), (birth, _) = payloads([voice.will(now)]), payloads(voice.greet(now))
        told = [next(m for m in payload.metrics if m.name == "bdSeq") for payload in (will, birth)]
        assert [number_of(metric, Decimal(1)).value for metric in told] == [number, number]
        assert {metric.datatype for metric in told} == {DataType.INT64}


def test_the_sequence_wraps_and_a_rebirth_starts_it_anew(meter: SimulatedMeter, now: datetime) -> None:
    voice = SparkplugVoice([meter])
    voice.will(now)
    voice.greet(now)
    told = [payloads(voice.tell(meter, now))[0].seq for _ in range(256)]
    assert told[252:] == [254, 255, 0, 1]
    again = voice.answer(voice.requests, rebirth_command(1), now)
    assert [payload.seq for payload in payloads(again)] == [0, 1]


def test_what_is_no_command_is_let_go(meter: SimulatedMeter, now: datetime) -> None:
    voice = SparkplugVoice([meter])
    for payload in (b"", b"\xff", rebirth_command(1)[:-1]):
        assert voice.answer(voice.requests, payload, now) == []
