"""S04: kill -9 of `headend serve` at random moments under load; nothing acknowledged is lost, doubled or changed.

An acknowledged reading is one that `POST /readings/now` answered with. Meters, sockets, stores, processes and kills
are real. After every life the next one must know all readings of the last; at the end the store's own file is looked
at for doubled rows, and the billing batch must export the same bytes as before the first kill.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from tests.fakes.processes import HEADEND, run_headend, running

BUSES, METERS_PER_BUS, CUSTOMERS = 3, 8, 6
ITEMS = ["clock", "0001FF00", "0201FF00"]
Key = tuple[int, str, str]  # installation, reading type, measured_at


@dataclass
class Acknowledged:
    """What the server said it has kept."""

    values: dict[Key, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, answer: dict[str, Any]) -> None:
        with self.lock:
            for item in answer["items"]:
                if item["error"] is None and item["reading_type"] and item["is_main"]:
                    self.values[(answer["installation"], item["reading_type"], item["measured_at"])] = item["value"]


def violations(acknowledged: dict[Key, str], stored: Sequence[tuple[Key, str]]) -> list[str]:
    """Acknowledged readings that are missing, differ or are there twice."""
    values, counts = dict(stored), Counter(key for key, _ in stored)
    wrong = [
        f"{key}: {value} became {values.get(key)}" for key, value in acknowledged.items() if values.get(key) != value
    ]
    return wrong + [f"{key} is there {count} times" for key, count in counts.items() if count > 1]


class Server:
    """One life of `headend serve`."""

    def __init__(self, site: Path, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.host = url.removeprefix("http://")
        self.token = json.loads((site.parent / "data" / "server.json").read_text())["token"]

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, timeout=30)

    def ask(self, connection: http.client.HTTPConnection, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{answer.status} {content!r}")
        return json.loads(content)

    def stored(self, meters: int) -> Iterator[tuple[Key, str]]:
        """All live readings of today by their key."""
        connection = self.connection()
        now = datetime.now(UTC)
        span = [as_utc(now + timedelta(hours=shift)) for shift in (-6, 1)]
        types = "".join(f"&type={name}" for name in TYPES)
        for installation in range(1, meters + 1):
            path = f"/readings?installation={installation}{types}&start={span[0]}&end={span[1]}"
            for row in self.ask(connection, "GET", path)["readings"]:
                yield (row["installation"], row["reading_type"], row["measured_at"]), row["value"]


TYPES = (
    "clock_offset",
    "active_energy_import",
    *(f"active_energy_import_t{n}" for n in range(1, 5)),
    *(f"voltage_l{n}" for n in range(1, 4)),
)


@contextmanager
def live(site: Path) -> Iterator[Server]:
    """A life that ends in order unless somebody kills it."""
    command = [HEADEND, "serve", "--site", str(site), "--port", "0"]
    with running(command, "headend listening on") as (process, line):
        yield Server(site, process, line.split()[-1])


def customer(server: Server, chance: Random, acknowledged: Acknowledged, stop: threading.Event) -> None:
    """Reads meters on demand until the server dies."""
    with contextlib.suppress(OSError, http.client.HTTPException, RuntimeError):
        connection = server.connection()
        while not stop.is_set():
            asked = {"installation": chance.randint(1, BUSES * METERS_PER_BUS), "items": ITEMS}
            acknowledged.add(server.ask(connection, "POST", "/readings/now", asked))


def killed_life(site: Path, chance: Random, acknowledged: Acknowledged) -> None:
    """Start, load, kill -9 at a random moment; one life in five dies while it is starting."""
    if chance.random() < 0.2:
        command = [HEADEND, "serve", "--site", str(site), "--port", "0"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.2, 1.2))
        process.kill()
        process.communicate()
        return
    with live(site) as server:
        stop = threading.Event()
        customers = [
            threading.Thread(target=customer, args=(server, Random(chance.random()), acknowledged, stop))
            for _ in range(CUSTOMERS)
        ]
        for thread in customers:
            thread.start()
        stop.wait(chance.uniform(0.05, 1.2))
        server.process.kill()
        server.process.wait()
        stop.set()
        for thread in customers:
            thread.join()


PLANS = """\
plans:
  - {name: registers, task: registers, every_minutes: 1}
  - {name: daily freeze, task: daily_freeze, every_minutes: 1440, delay_minutes: 10}
"""


def make_site(folder: Path, lines: Sequence[str]) -> Path:
    """A site with its meters registered."""
    site = folder / "site.yaml"
    assert run_headend("init", "--site", str(site)).returncode == 0
    site.write_text(site.read_text() + PLANS)
    header = "usage_point,customer_class,capacity_kva,serial_number,protocol,profile,server_address,line_url,"
    rows = [header + "multiplier,installed_at"]
    for bus, line in enumerate(lines):
        for meter in range(1, METERS_PER_BUS + 1):
            name = f"{bus}{meter:02d}"
            rows.append(f"UP-{name},residential,40,A-{name},dlt645,dlt645-2007,{bus}{meter:02d},{line},1,2026-01-01")
    (folder / "meters.csv").write_text("\n".join(rows) + "\n")
    done = run_headend("meters", "import", str(folder / "meters.csv"), "--site", str(site))
    assert done.returncode == 0, done.stderr
    return site


def last_month() -> str:
    """The month that is over, by the site's clock."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    return (now.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")


def has_frozen_edges(server: Server, connection: http.client.HTTPConnection, installation: int) -> bool:
    """The registers of both edges of last month are there."""
    start = datetime.strptime(last_month(), "%Y-%m").replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    edges = (start, (start + timedelta(days=31)).replace(day=1))
    found = 0
    for edge in edges:
        span = f"&start={as_utc(edge)}&end={as_utc(edge + timedelta(seconds=1))}"
        path = f"/readings?installation={installation}&type=active_energy_import{span}"
        found += len(server.ask(connection, "GET", path)["readings"])
    return found == len(edges)


def as_utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def close_last_month(site: Path, seconds: float = 60) -> bytes:
    """Wait until the frozen registers of its edges are there, close it, and export it."""
    with live(site) as server:
        connection, limit = server.connection(), time.monotonic() + seconds
        meters = range(1, BUSES * METERS_PER_BUS + 1)
        while not all(has_frozen_edges(server, connection, meter) for meter in meters):
            assert time.monotonic() < limit, "the frozen registers of last month's edges did not come"
            time.sleep(0.3)
        done = run_headend("billing", "close", last_month(), "--site", str(site), "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["refused"] == 0, done.stdout
    return export(site)


def export(site: Path) -> bytes:
    """The batch as its file."""
    return subprocess.run(
        [HEADEND, "billing", "export", "1", "--site", str(site)], capture_output=True, check=True
    ).stdout


def doubled_rows(site: Path) -> int:
    """Rows of the store's file that say the same thing twice."""
    with duckdb.connect(str(site.parent / "data" / "readings.duckdb"), read_only=True) as file:
        found = file.execute(
            "select count(*) from (select 1 from reading"
            " group by installation, reading_type, measured_at, value, quality having count(*) > 1)"
        ).fetchone()
    assert found is not None
    return int(found[0])


def run(seed: int, tried: int) -> dict[str, Any]:
    """`tried` kills; one JSON-able verdict."""
    began, chance, acknowledged = time.perf_counter(), Random(seed), Acknowledged()
    bad: list[str] = []
    with tempfile.TemporaryDirectory(prefix="headend-kill-") as name, ExitStack() as stack:
        lines = []
        for bus in range(BUSES):
            command = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", "tcp://127.0.0.1:0", "--seed", str(bus)]
            _, line = stack.enter_context(
                running([*command, "--meters", str(METERS_PER_BUS), "--first-address", f"{bus}01"], "listening on")
            )
            lines.append(line.split()[-1])
        site = make_site(Path(name), lines)
        billed = close_last_month(site)
        for _ in range(tried):
            killed_life(site, chance, acknowledged)
            with live(site) as server:
                bad += violations(acknowledged.values, list(server.stored(BUSES * METERS_PER_BUS)))
            bad += [] if export(site) == billed else ["the billing export changed"]
        bad += ["doubled row"] * doubled_rows(site)
    return {
        "id": "S04",
        "seed": seed,
        "tried": tried,
        "violations": len(bad),
        "secs": round(time.perf_counter() - began, 1),
        "acknowledged": len(acknowledged.values),
        "examples": bad[:5],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tried", type=int, default=50)
    parser.add_argument("--seed", type=int, default=645)
    arguments = parser.parse_args()
    verdict = run(arguments.seed, arguments.tried)
    print(json.dumps(verdict))
    return 1 if verdict["violations"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
