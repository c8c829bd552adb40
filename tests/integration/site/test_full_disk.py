"""A serving head-end whose disk fills up: it says so, stays up, keeps what it acknowledged and goes on afterwards.

The limit is the kernel's on the size of files of that one process, taken away again while it runs.
"""

from __future__ import annotations

import http.client
import json
import resource
import time
from pathlib import Path
from typing import Any

import pytest

from tests.campaigns.kill_serve import ITEMS, Acknowledged, Server, make_site, violations
from tests.fakes.processes import HEADEND, running

METERS = 8


def ask_meters(server: Server, acknowledged: Acknowledged, until: set[int], seconds: float) -> int:
    """Read meters in turn until one of these statuses comes; gives the status."""
    connection, limit, turn = server.connection(), time.monotonic() + seconds, 0
    while time.monotonic() < limit:
        turn += 1
        status, answer = post(server, connection, {"installation": 1 + turn % METERS, "items": ITEMS})
        if status == 200:
            acknowledged.add(answer)
        if status in until:
            return status
    raise AssertionError(f"none of {until} within {seconds} s")


def post(server: Server, connection: http.client.HTTPConnection, body: object) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/readings/now", json.dumps(body), headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


@pytest.mark.slow
@pytest.mark.timeout(360)
def test_a_full_disk_stops_nothing_for_good_and_loses_nothing(tmp_path: Path) -> None:
    acknowledged = Acknowledged()
    simulate = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", "tcp://127.0.0.1:0", "--meters", str(METERS)]
    with running(simulate, "listening on") as (_, line):
        site = make_site(tmp_path, [line.split()[-1]])
        limited = f"ulimit -S -f 1200; exec {HEADEND} serve --site {site} --port 0"
        with running(["bash", "-c", limited], "headend listening on") as (process, ready):
            server = Server(site, process, ready.split()[-1])
            assert ask_meters(server, acknowledged, {503}, 240) == 503  # a busy machine fills it slowly
            assert process.poll() is None
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            assert ask_meters(server, acknowledged, {200}, 30) == 200
            wait_until_drained(server)
            assert violations(acknowledged.values, list(server.stored(METERS))) == []
            assert process.poll() is None
    assert len(acknowledged.values) > 100


def wait_until_drained(server: Server, seconds: float = 30) -> None:
    """The spool is empty again."""
    connection, limit = server.connection(), time.monotonic() + seconds
    while server.ask(connection, "GET", "/health")["details"]["is_spooling"]:
        assert time.monotonic() < limit, "the spool was not put back"
        time.sleep(0.2)
