"""C10: `headend serve` under load in real time; it grows neither in memory nor in open files, and its loop keeps time.

A thousand simulated meters behind ten gateways are read every two minutes; somebody reads a meter by hand every few
seconds and looks at the pages. Every process, socket and store is real. `tried` counts seconds under load.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.campaigns.kill_serve import Server, live
from tests.campaigns.verdict import Stopwatch
from tests.fakes.processes import HEADEND, run_headend, running

GATEWAYS, METERS_PER_GATEWAY = 10, 100
PROFILES = {"dlt645": "dlt645-2007", "modbus": "eastron-sdm630"}
LARGEST_GROWTH, LONGEST_LAG_S = 0.05, 0.050
LOOKS = 60  # in all; the first third is the warm-up
PAGES = ("/meters?limit=50", "/lines", "/events?limit=50", "/plans")
PLANS = """\
plans:
  - {name: registers, task: registers, every_minutes: 2}
  - {name: daily freeze, task: daily_freeze, every_minutes: 1440, delay_minutes: 10}
"""


class Look(NamedTuple):
    """One look at the process; `lag_p99_s` is None right after a start."""

    rss_kib: int
    open_files: int
    lag_p99_s: float | None


def violations(looks: Sequence[Look]) -> list[str]:
    """What grew, or was late, after the warm-up."""
    after = looks[len(looks) // 3 :]
    part = max(1, len(after) // 4)
    first, last = after[:part], after[-part:]
    bad = []
    growth = statistics.median(look.rss_kib for look in last) / statistics.median(look.rss_kib for look in first) - 1
    if growth > LARGEST_GROWTH:
        bad.append(f"memory grew by {growth:.1%}")
    files = [round(statistics.median(look.open_files for look in part)) for part in (first, last)]
    if files[1] > files[0]:
        bad.append(f"open files grew from {files[0]} to {files[1]}")
    lags = [look.lag_p99_s for look in after if look.lag_p99_s is not None]
    if not lags:
        bad.append("the loop's lag was never told")
    elif max(lags) > LONGEST_LAG_S:
        bad.append(f"the loop was {1000 * max(lags):.0f} ms late at p99")
    return bad


def look_at(server: Server) -> Look:
    """As the operating system and the head-end's own health tell it."""
    proc = Path(f"/proc/{server.process.pid}")
    rss = next(line for line in (proc / "status").read_text().splitlines() if line.startswith("VmRSS"))
    open_files = len(list((proc / "fd").iterdir()))
    return Look(int(rss.split()[1]), open_files, ask(server, "GET", "/health")["details"]["loop_lag_p99_s"])


def ask(server: Server, method: str, path: str, body: object = None) -> Any:  # Any: JSON
    """On a connection that is closed afterwards: what stays open is the head-end's own."""
    with closing(server.connection()) as connection:
        return server.ask(connection, method, path, body)


def today() -> str:
    """By the site's clock: nothing older is filled in, which would grow the store for as long as it is missing."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()


class Gateway(NamedTuple):
    """Its line, and the address of its first meter; DL/T 645 meters tell theirs as their asset number too."""

    number: int
    protocol: str
    first: int
    line: str

    def rows(self) -> Iterator[str]:
        """Its meters as an import has them."""
        profile = PROFILES[self.protocol]
        for address in range(self.first, self.first + METERS_PER_GATEWAY):
            serial = f"{address:012d}" if self.protocol == "dlt645" else f"M-{self.number}-{address}"
            usage_point = f"UP-{self.number}-{address}"
            yield f"{usage_point},residential,40,{serial},{self.protocol},{profile},{address},{self.line},1,{today()}"


def gateways(stack: ExitStack) -> Iterator[Gateway]:
    """Eight buses of DL/T 645, two of Modbus."""
    for number in range(GATEWAYS):
        protocol = "dlt645" if number < GATEWAYS - 2 else "modbus"
        first = 1000 * number + 1 if protocol == "dlt645" else 1
        command = [HEADEND, "simulate", "--protocol", protocol, "--listen", "tcp://127.0.0.1:0", "--patterns", "10"]
        sized = ["--meters", str(METERS_PER_GATEWAY), "--first-address", str(first), "--seed", str(number)]
        _, line = stack.enter_context(running([*command, *sized], "listening on"))
        yield Gateway(number, protocol, first, line.split()[-1])


def site_of(folder: Path, field: Sequence[Gateway]) -> Path:
    """A site with its thousand meters."""
    site = folder / "site.yaml"
    assert run_headend("init", "--site", str(site)).returncode == 0
    site.write_text(site.read_text() + PLANS)
    header = "usage_point,customer_class,capacity_kva,serial_number,protocol,profile,server_address,line_url,"
    rows = [header + "multiplier,installed_at", *(row for gateway in field for row in gateway.rows())]
    (folder / "meters.csv").write_text("\n".join(rows) + "\n")
    done = run_headend("meters", "import", str(folder / "meters.csv"), "--site", str(site))
    assert done.returncode == 0, done.stderr
    return site


def under_load(server: Server, chance: Random, seconds: float) -> list[Look]:
    """Looks at equal distances while people work."""
    looks, began = list[Look](), time.monotonic()
    for number in range(1, LOOKS + 1):
        while time.monotonic() < began + seconds * number / LOOKS:
            asked = {"installation": chance.randint(1, GATEWAYS * METERS_PER_GATEWAY), "items": []}
            ask(server, "POST", "/readings/now", asked)
            ask(server, "GET", chance.choice(PAGES))
            time.sleep(min(3.0, seconds / LOOKS / 4))
        looks.append(look_at(server))
    return looks


def run(seed: int, tried: int) -> dict[str, Any]:
    """`tried` seconds under load; one JSON-able verdict with the figures of begin and end."""
    watch, chance = Stopwatch(), Random(seed)
    with tempfile.TemporaryDirectory(prefix="headend-soak-") as name, ExitStack() as stack:
        site = site_of(Path(name), list(gateways(stack)))
        server = stack.enter_context(live(site))
        looks = under_load(server, chance, tried)
        read = ask(server, "GET", "/meters?state=ok&limit=1")["total"]
    warm = looks[len(looks) // 3]
    lags = [look.lag_p99_s for look in looks if look.lag_p99_s is not None]
    figures = {
        "rss_mib": [round(warm.rss_kib / 1024, 1), round(looks[-1].rss_kib / 1024, 1)],
        "open_files": [warm.open_files, looks[-1].open_files],
        "lag_p99_ms": round(1000 * max(lags), 1) if lags else None,
        "meters_read": read,
    }
    silent = [] if read == GATEWAYS * METERS_PER_GATEWAY else [f"only {read} meters are read"]
    return watch.verdict("C10", seed, tried, violations(looks) + silent) | figures
