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
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

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


def violations(acknowledged: dict[Key, str], stored: Iterable[tuple[Key, str]], doubled: int) -> int:
    """Acknowledged readings that are missing or differ, and rows that are there twice."""
    kept = Counter(key for key, _ in stored)
    values = dict(stored)
    lost = sum(values.get(key) != value for key, value in acknowledged.items())
    return lost + sum(count > 1 for count in kept.values()) + doubled


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
        now = time.time()
        span = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + shift)) for shift in (-6 * 3600, 3600)]
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


def make_site(folder: Path, lines: Sequence[str]) -> Path:
    """A site with its meters registered."""
    site = folder / "site.yaml"
    assert run_headend("init", "--site", str(site)).returncode == 0
    text = site.read_text().replace("every_minutes: 15}", "every_minutes: 1}")
    site.write_text(text)
    header = "usage_point,customer_class,capacity_kva,serial_number,protocol,profile,server_address,line_url,"
    rows = [header + "multiplier,installed_at"]
    for bus, line in enumerate(lines):
        for meter in range(1, METERS_PER_BUS + 1):
            name = f"{bus}{meter:02d}"
            rows.append(f"UP-{name},residential,40,A-{name},dlt645,dlt645-2007,{meter},{line},1,2026-01-01")
    (folder / "meters.csv").write_text("\n".join(rows) + "\n")
    done = run_headend("meters", "import", str(folder / "meters.csv"), "--site", str(site))
    assert done.returncode == 0, done.stderr
    return site


def close_last_month(site: Path, seconds: float = 60) -> bytes:
    """Wait until the frozen registers of its edges are there, close it, and export it."""
    last = time.localtime(time.mktime(time.localtime()[:2] + (1, 0, 0, 0, 0, 0, -1)) - 86400)
    period = f"{last.tm_year}-{last.tm_mon:02d}"
    with live(site) as server:
        connection, limit = server.connection(), time.monotonic() + seconds
        while time.monotonic() < limit:
            found = server.ask(connection, "GET", f"/readings?installation={BUSES * METERS_PER_BUS}"
                               f"&type=active_energy_import&start={last.tm_year}-{last.tm_mon:02d}-01T00:00:00Z"
                               f"&end={time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}")  # fmt: skip
            if any(row["source"] == "daily_freeze" for row in found["readings"]):
                break
            time.sleep(0.3)
        done = run_headend("billing", "close", period, "--site", str(site), "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["lines"] > 0, done.stdout
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
            "select count(*) from (select 1 from reading group by installation, reading_type, measured_at, value, quality"
            " having count(*) > 1)"
        ).fetchone()
    assert found is not None
    return int(found[0])


def run(seed: int, tried: int) -> dict[str, Any]:
    """`tried` kills; one JSON-able verdict."""
    began, chance, acknowledged, bad = time.perf_counter(), Random(seed), Acknowledged(), 0
    with tempfile.TemporaryDirectory(prefix="headend-kill-") as name, ExitStack() as stack:
        lines = []
        for bus in range(BUSES):
            command = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", "tcp://127.0.0.1:0", "--seed", str(bus)]
            _, line = stack.enter_context(running([*command, "--meters", str(METERS_PER_BUS)], "listening on"))
            lines.append(line.split()[-1])
        site = make_site(Path(name), lines)
        billed = close_last_month(site)
        for _ in range(tried):
            killed_life(site, chance, acknowledged)
            with live(site) as server:
                bad += violations(acknowledged.values, list(server.stored(BUSES * METERS_PER_BUS)), 0)
            bad += export(site) != billed
        bad += doubled_rows(site)
    return {
        "id": "S04",
        "seed": seed,
        "tried": tried,
        "violations": bad,
        "secs": round(time.perf_counter() - began, 1),
        "acknowledged": len(acknowledged.values),
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
