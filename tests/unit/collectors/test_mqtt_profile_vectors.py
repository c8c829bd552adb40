"""Payloads of every shipped MQTT profile whose makers document them: exact values, in the table's units."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collectors.drivers.mqtt import address_in
from headend.domain.readings import ReadingSource
from tests.unit.collectors.test_mqtt_driver import DRIVER, NOW, PROFILES, State, meter

FILE = Path(__file__).parents[2] / "vectors" / "mqtt" / "payloads.json"
VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["profile"])
def test_a_payload_is_read_exactly(vector: dict[str, Any]) -> None:
    installation = meter(vector["profile"], vector["address"])
    assert DRIVER.topic(installation) == vector["topic"]
    assert address_in(PROFILES[vector["profile"]], vector["topic"]) == vector["address"]
    state = State(vector["topic"], json.dumps(vector["payload"]).encode(), False, NOW)
    readings = DRIVER.told(installation, state, ReadingSource.PUSHED).readings
    assert {r.reading_type.name: f"{r.fitted().value.normalize():f}" for r in readings} == {
        name: text.rstrip("0").rstrip(".") if "." in text else text for name, text in vector["expect"].items()
    }
    assert all(reading.unit == reading.reading_type.unit for reading in readings)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["profile"])
def test_what_a_payload_leaves_out_is_no_reading(vector: dict[str, Any]) -> None:
    state = State(vector["topic"], b"{}", False, NOW)
    assert DRIVER.told(meter(vector["profile"], vector["address"]), state, ReadingSource.PUSHED).readings == ()


def test_every_profile_but_our_own_has_a_vector() -> None:
    assert {vector["profile"] for vector in VECTORS} == set(PROFILES) - {"headend-json"}
