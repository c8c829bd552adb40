"""Points in a real InfluxDB 1.6 of Debian: its line protocol, its storage engine, its rules of identity and types.

It has no v2 API. The contract double speaks that in front and hands the very bytes of a write on; only the query is
said anew, in InfluxQL. So what is real here is what becomes of our lines, not the HTTP around them and not Flux.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from tests.fakes.influxdb.flux import Question
from tests.fakes.influxdb.line_protocol import Malformed, points
from tests.fakes.influxdb.points import PartialWrite, Row
from tests.fakes.processes import free_port

CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  wal-fsync-delay = "0s"
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[monitor]
  store-enabled = false
"""


class EnginePoints:
    """One database of a running influxd."""

    def __init__(self, port: int, database: str) -> None:
        self._port, self._database = port, database
        self._post("/query", {"q": f'CREATE DATABASE "{database}"'})

    def write(self, body: bytes) -> None:
        """The same bytes, given on; what the double would refuse is refused before."""
        points(body)
        self.write_unseen(body)

    def write_unseen(self, body: bytes) -> None:
        """The same bytes, judged by the engine alone."""
        status, told = self._post("/write", {"db": self._database, "precision": "ns"}, body)
        if status == 204:
            return
        message = json.loads(told)["error"]
        raise PartialWrite(message) if "partial write" in message else Malformed(message)

    def delete(self, measurement: str) -> None:
        """Forget all points of a measurement."""
        self._post("/query", {"db": self._database, "q": f'DROP MEASUREMENT "{measurement}"'})

    def ask(self, question: Question) -> list[Row]:
        """Range and filter in InfluxQL; its JSON has integers in full."""
        allowed = dict(question.allowed)
        [measurement] = allowed.pop("_measurement")
        fields = allowed.pop("_field", None)
        clauses = [f"time >= {question.start}", f"time < {question.stop}"]
        clauses += [
            "(" + " OR ".join(f"\"{tag}\" = '{value}'" for value in values) + ")" for tag, values in allowed.items()
        ]
        newest = " ORDER BY time DESC LIMIT 1" if question.is_last else ""
        text = f'SELECT * FROM "{measurement}" WHERE {" AND ".join(clauses)} GROUP BY *{newest}'
        status, told = self._post("/query", {"db": self._database, "epoch": "ns", "q": text})
        [result] = json.loads(told)["results"]
        assert status == 200 and "error" not in result, told
        return [row for series in result.get("series", ()) for row in _rows(question, series, fields)]

    def _post(self, path: str, query: dict[str, str], body: bytes = b"") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request("POST", f"{path}?{urlencode(query)}", body)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()


def _rows(question: Question, series: dict[str, object], fields: frozenset[str] | None) -> Iterator[Row]:
    columns, values, tags = series["columns"], series["values"], series.get("tags", {})
    assert isinstance(columns, list) and isinstance(values, list) and isinstance(tags, dict)
    for position, name in enumerate(columns):
        if name != "time" and (fields is None or name in fields):
            for row in values:
                yield {**tags, "_field": name, "_time": question.told(row[0]), "_value": str(row[position])}


@contextmanager
def running_influxd(folder: Path) -> Iterator[int]:
    """Debian's influxd while the block runs; its port."""
    port = free_port()
    config = folder / "influxdb.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, rpc=free_port()))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["influxd", "-config", str(config)], stdout=log, stderr=log)
    try:
        _wait_for(port, "/ping", process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, path: str, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + 20
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            connection.getresponse().read()
            return
        except OSError:
            assert process.poll() is None and time.monotonic() < limit, "the server did not come up"
            time.sleep(0.05)
        finally:
            connection.close()
