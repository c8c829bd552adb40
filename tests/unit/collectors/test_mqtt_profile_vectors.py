"""Payloads of every shipped MQTT profile whose makers document them: exact values, in the table's units."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collectors.drivers.mqtt import address_in
from collectors.mqtt.messages import State
from headend.domain.readings import Reading, ReadingSource
from tests.unit.collectors.test_mqtt_driver import DRIVER, NOW, PROFILES, meter

FILE = Path(__file__).parents[2] / "vectors" / "mqtt" / "payloads.json"
VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))


def messages(vector: dict[str, Any]) -> dict[str, bytes]:
    """Payloads by topic: one JSON object, or bare text on several topics."""
    if "messages" in vector:
        return {topic: text.encode() for topic, text in vector["messages"].items()}
    return {vector["topic"]: json.dumps(vector["payload"]).encode()}


def readings(vector: dict[str, Any], told: dict[str, bytes]) -> list[Reading]:
    station = DRIVER.station(meter(vector["profile"], vector["address"]))
    reports = [report for topic, raw in told.items() for report in station.hear(State(topic, raw, False, NOW)).reports]
    return [reading for report in reports for reading in DRIVER.told(report, ReadingSource.PUSHED).readings]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["profile"])
def test_a_payload_is_read_exactly(vector: dict[str, Any]) -> None:
    station = DRIVER.station(meter(vector["profile"], vector["address"]))
    assert set(messages(vector)) <= station.filters
    assert address_in(PROFILES[vector["profile"]], vector.get("topic", vector["address"])) == vector["address"]
    found = readings(vector, messages(vector))
    assert {r.reading_type.name: f"{r.fitted().value.normalize():f}" for r in found} == {
        name: text.rstrip("0").rstrip(".") if "." in text else text for name, text in vector["expect"].items()
    }
    assert all(reading.unit == reading.reading_type.unit for reading in found)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["profile"])
def test_what_a_payload_leaves_out_is_no_reading(vector: dict[str, Any]) -> None:
    assert readings(vector, dict.fromkeys(messages(vector), b"{}")) == []


def test_every_profile_but_our_own_has_a_vector() -> None:
    assert {vector["profile"] for vector in VECTORS} == set(PROFILES) - {"headend-json", "sparkplug-b"}
