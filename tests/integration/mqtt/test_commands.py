"""The command line over a real broker: our meters are read as the witness says, and what fails says so in one line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import aiomqtt
import pytest

from tests.fakes.processes import HEADEND, headend_json, run_headend, running
from tests.integration.mqtt.conftest import Broker

ITEMS = ("active_energy_import", "1-0:2.8.0", "voltage_l1", "active_power")


def test_a_read_meets_the_simulator_and_the_witness(broker: Broker, tmp_path: Path) -> None:
    witness = tmp_path / "witness.jsonl"
    command = [HEADEND, "simulate", "--protocol", "mqtt", "--listen", broker.url, "--meters", "3"]
    with running([*command, "--witness", str(witness)], "listening on") as (_, announced):
        assert announced.endswith("topics meters/000000000001/state to meters/000000000003/state")
        answers = headend_json("read", f"{broker.url}/meters/000000000002/state?profile=headend-json", *ITEMS)
    assert [a["item"] for a in answers] == list(ITEMS)
    asked = [t for t in map(json.loads, witness.read_text().splitlines()) if t["request"]]
    assert [t["meter"] for t in asked] == ["000000000002"]
    assert bytes.fromhex(asked[0]["request"]).startswith(b"meters/000000000002/get")
    assert answers[0]["value"] == asked[0]["registers"]["active_energy_import"]
    assert answers[0]["measured_at"] == asked[0]["as_of"]


def test_a_meter_that_nobody_is_does_not_answer(broker: Broker) -> None:
    done = run_headend("read", f"{broker.url}/meters/000000000009/state", "voltage_l1", "--timeout", "1", "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout)[0]["error"].startswith("no_answer")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("meters/1/get", "write meters/{address}/state as the path"),
        ("meters/1/state?profile=nothing", "no profile 'nothing' for mqtt"),
    ],
)
def test_a_wrong_topic_or_profile_is_told_before_anything_is_opened(path: str, words: str) -> None:
    done = run_headend("read", f"mqtt://127.0.0.1:1/{path}", "voltage_l1")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert words in done.stderr


def test_a_missing_broker_is_one_clear_line(broker: Broker) -> None:
    broker.kill()
    read = run_headend("read", f"{broker.url}/meters/1/state", "voltage_l1", "--timeout", "3")
    simulate = run_headend("simulate", "--protocol", "mqtt", "--listen", broker.url)
    assert (read.returncode, simulate.returncode) == (4, 1)
    assert (read.stderr.count("\n"), simulate.stderr.count("\n")) == (1, 1)
    assert "refused" in read.stderr and "cannot publish" in simulate.stderr


def test_the_broker_tells_when_the_simulator_is_lost(broker: Broker) -> None:
    command = [HEADEND, "simulate", "--protocol", "mqtt", "--listen", broker.url]
    with running(command, "listening on") as (process, _):
        assert retained(broker, "online") == "online"
        process.kill()
        assert retained(broker, "offline") == "offline"


def retained(broker: Broker, wanted: str) -> str:
    """The retained status of the simulator's client; waits a little for the one that is wanted."""

    async def wait() -> str:
        status = ""
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            await client.subscribe("gateways/000000000001/status")
            async for message in client.messages:
                status = message.payload.decode() if isinstance(message.payload, bytes) else ""
                if status == wanted:
                    break
        return status

    return asyncio.run(asyncio.wait_for(wait(), 5))
