"""What two real servers of Debian accept of us: VictoriaMetrics our writes, InfluxDB 1.6 nothing, and it is told so.

VictoriaMetrics keeps floats and milliseconds and answers no Flux, so it proves the bytes on the wire and no more.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from headend.clock import SystemClock, SystemRandom
from headend.domain.errors import StoreUnavailable
from headend.stores.readings.influxdb import InfluxDbServer, InfluxDbSettings
from headend.stores.readings.influxdb.lines import reading_lines
from tests.fakes.batches import START_US, Row, batch
from tests.fakes.influxdb.engine import running_influxd
from tests.fakes.influxdb.stores import influxdb_store
from tests.fakes.processes import free_port

pytestmark = pytest.mark.asyncio


def settings(port: int) -> InfluxDbSettings:
    return InfluxDbSettings(f"http://127.0.0.1:{port}", "org", "bucket", "token", attempts=1)


def get(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


@pytest.fixture
def victoria_metrics(tmp_path: Path) -> Iterator[int]:
    port = free_port()
    command = ["victoria-metrics", f"-storageDataPath={tmp_path}", f"-httpListenAddr=127.0.0.1:{port}"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([*command, "-retentionPeriod=100y"], stdout=log, stderr=log)
    limit = time.monotonic() + 20
    try:
        while True:
            try:
                get(port, "/health")
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < limit, "VictoriaMetrics did not come up"
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


async def test_victoria_metrics_takes_our_lines_as_the_client_sends_them(victoria_metrics: int) -> None:
    rows = batch(*(Row(slot, 1_000_000 + slot, meter) for meter in (1, 2) for slot in range(50)))
    server = InfluxDbServer(settings(victoria_metrics), SystemClock(), SystemRandom())
    await server.open()
    nothing = np.zeros(len(rows), dtype=np.int64)
    await server.write(b"\n".join(reading_lines(rows, nothing, nothing - 1)))
    await server.close()
    get(victoria_metrics, "/internal/force_flush")
    told = get(victoria_metrics, "/api/v1/export?match[]=reading_value&start=0").decode()
    series = {line["metric"]["installation"]: line for line in map(json.loads, told.splitlines())}
    assert sorted(series) == ["1", "2"]
    for line in series.values():
        assert line["metric"]["type"] == "1"
        assert line["values"] == [1_000_000 + slot for slot in range(50)]
        assert line["timestamps"] == [(START_US + slot * 900_000_000) // 1_000 for slot in range(50)]


async def test_victoria_metrics_is_told_apart_from_a_server_that_can_be_asked(victoria_metrics: int) -> None:
    store = influxdb_store(settings(victoria_metrics))
    await store.open()
    with pytest.raises(StoreUnavailable, match="does not answer the query"):
        await store.append(batch(Row(0, 1)))
    await store.close()


async def test_influxdb_1_is_told_apart_from_influxdb_2(tmp_path: Path) -> None:
    with running_influxd(tmp_path) as port:
        store = influxdb_store(settings(port))
        await store.open()
        with pytest.raises(StoreUnavailable, match=r"404: .*check organisation and bucket"):
            await store.append(batch(Row(0, 1)))
        await store.close()
