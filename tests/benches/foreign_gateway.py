"""The PyPI package `thingsboard-gateway` as a program of its own: configured, run, and what it publishes counted.

Its platform is a real Mosquitto and a subscriber here, which answers the one question that it asks before it sends:
what limits it has to keep (none). Events wait in its SQLite storage until the broker has acknowledged them. Nothing
of ours is in its way; while it runs, this process does nothing but take payloads, which are counted afterwards.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tests.fakes.mosquitto import Broker

NAME = "PyPI thingsboard-gateway 3.8.5"
HOME = Path(__file__).resolve().parents[2] / ".venv-gateway"
PROGRAM = "from thingsboard_gateway.tb_gateway import main; main()"
ASKED, ANSWERED, TOLD = "v1/devices/me/rpc/request/", "v1/devices/me/rpc/response/", "v1/gateway/telemetry"
NO_LIMITS = json.dumps({"maxPayloadSize": 65536, "maxInflightMessages": 100, "rateLimits": {}, "gatewayRateLimits": {}})
FLOAT = {"type": "32float", "objectsCount": 2, "functionCode": 4}
STARTS_WITHIN_S = 60.0


class Form(StrEnum):
    """How a meter's registers are written into its configuration."""

    NAMES = "a request and a name for each value"
    RANGE = "one request, values named by address"


@dataclass(frozen=True, slots=True)
class Meters:
    """What it polls: that many consecutive floats of each meter, as often as every `period_ms`."""

    addresses: Sequence[tuple[str, int]]
    values: int
    form: Form
    period_ms: int


class _Platform:
    """The subscriber: keeps when each payload of telemetry came."""

    def __init__(self, broker: Broker) -> None:
        self.payloads: list[tuple[float, bytes]] = []
        self.client = Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = self._take
        self.client.connect("127.0.0.1", broker.port)
        self.client.subscribe([(TOLD, 0), (ASKED + "+", 1)])
        self.client.loop_start()

    def _take(self, client: Client, told: object, message: MQTTMessage) -> None:
        if message.topic == TOLD:
            self.payloads.append((time.monotonic(), message.payload))
        else:
            client.publish(message.topic.replace(ASKED, ANSWERED), NO_LIMITS, qos=1)

    def close(self) -> None:
        self.client.loop_stop()
        self.client.disconnect()


def sustained_rate(folder: Path, meters: Meters, warm_up_s: float, seconds: float) -> float:
    """Values a second that arrived in `seconds`, which begin `warm_up_s` after the first value."""
    broker = Broker(folder, "allow_anonymous true\nmax_queued_messages 0")
    broker.start()
    platform = _Platform(broker)
    try:
        with _running(folder, broker.port, meters) as process:
            began = _first(platform, process, folder) + warm_up_s
            time.sleep(began + seconds - time.monotonic())
    finally:
        platform.close()
        broker.kill()
    return sum(values_in(raw) for at, raw in platform.payloads if began <= at < began + seconds) / seconds


def _first(platform: _Platform, process: subprocess.Popen[bytes], folder: Path) -> float:
    limit = time.monotonic() + STARTS_WITHIN_S
    while not platform.payloads:
        if process.poll() is not None or time.monotonic() > limit:
            raise AssertionError(f"{NAME} publishes nothing: {(folder / 'output').read_text()[-2000:]}")
        time.sleep(0.05)
    return platform.payloads[0][0]


def values_in(payload: bytes) -> int:
    """How many values a payload of telemetry holds."""
    return sum(len(row["values"]) for rows in json.loads(payload).values() for row in rows)


@contextmanager
def _running(folder: Path, port: int, meters: Meters) -> Iterator[subprocess.Popen[bytes]]:
    python = HOME / "bin" / "python"
    assert python.exists(), f"{HOME} is missing; `make bench ONLY=peer` makes it"
    config = _configured(folder, port, meters)
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [str(python), "-c", PROGRAM],
            cwd=folder,
            env=os.environ | {"TB_GW_CONFIG_DIR": str(config)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _configured(folder: Path, port: int, meters: Meters) -> Path:
    """The folder with its configuration: as shipped, but for what is said in `docs/benches.md`."""
    shipped = next(HOME.glob("lib/python3.*/site-packages/thingsboard_gateway/config"))
    config = folder / "config"
    for each in (config, folder / "logs", folder / "data"):
        each.mkdir()
    gateway = json.loads((shipped / "tb_gateway.json").read_text())
    gateway["thingsboard"] |= {
        "host": "127.0.0.1",
        "port": port,
        "remoteConfiguration": False,
        "security": {"type": "accessToken", "accessToken": "bench"},
        "statistics": {"enable": False},
        "minPackSendDelayMS": 0,
        "maxPayloadSizeBytes": 65536,
    }
    gateway["storage"] = {
        "type": "sqlite",
        "data_file_path": f"{folder / 'data'}/",
        "max_read_records_count": 1000,
        "writing_batch_size": 10000,
    }
    gateway["connectors"] = [{"type": "modbus", "name": "meters", "configuration": "modbus.json"}]
    slaves = [_slave(number, address, meters) for number, address in enumerate(meters.addresses)]
    _write(config / "tb_gateway.json", gateway)
    _write(config / "modbus.json", {"master": {"slaves": slaves}, "logLevel": "ERROR"})
    _write(config / "logs.json", _quiet(json.loads((shipped / "logs.json").read_text())))
    return config


def _slave(number: int, address: tuple[str, int], meters: Meters) -> Mapping[str, object]:
    host, port = address
    return {
        "host": host,
        "port": port,
        "type": "tcp",
        "method": "socket",
        "unitId": 1,
        "deviceName": f"meter {number}",
        "timeout": 5,
        "byteOrder": "BIG",
        "wordOrder": "BIG",
        "retries": 0,
        "pollPeriod": meters.period_ms,
        "timeseries": registers(meters),
        "attributes": [],
        "attributeUpdates": [],
        "rpc": [],
    }


def registers(meters: Meters) -> Sequence[Mapping[str, object]]:
    """What is asked of each meter, in either form."""
    if meters.form is Form.RANGE:
        whole = f"0-{2 * meters.values - 1}"
        return [{"tag": "v_${address}", "address": whole, "maxRegistersPerRequest": 125, **FLOAT}]
    return [{"tag": f"v_{number}", "address": 2 * number, **FLOAT} for number in range(meters.values)]


def _quiet(logs: dict[str, Any]) -> Mapping[str, Any]:  # Any: JSON
    for logger in logs["loggers"].values():
        logger["level"] = "ERROR"
    return logs


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")
