"""C07: many TCP gateways half open at once. All are found dead in time, and none is stormed when they come back.

The network between is real, in namespaces of its own (`dark_network.py`), and so are kernel, sockets, shipped lines and
time. A gateway is found dead when its line says so. Connects are counted by the gateways themselves.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from tests.campaigns.verdict import Stopwatch, Verdict

FULL = 50
DARK_S, SHORT_DARK_S = 120.0, 25.0
FOUND_WITHIN_S, CONNECTS_PER_S = 30.0, 10
Told = Mapping[str, Any]  # Any: JSON, as `dark_network` prints it


class HalfOpenVerdict(Verdict):
    """With the slowest gateway to be found dead, the busiest second of connects, and the slowest to answer again."""

    found_within_s: float
    connects_in_a_second: int
    back_within_s: float


class Controls(TypedDict, total=False):
    """Gateways whose lines lack something: the kernel's watch over the peer, or chance in when they come back."""

    unwatched: int
    together: int


def darkness(seed: int, shipped: int, dark_s: float, controls: Controls | None = None) -> Mapping[str, Told]:
    """What happened to each gateway, by its address."""
    asked = {"seed": seed, "shipped": shipped, **(controls or {})}
    words = [word for name, value in asked.items() for word in (f"--{name}", str(value))]
    apart = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    command = [*apart, sys.executable, "-m", "tests.campaigns.dark_network", "--dark", str(dark_s), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"no network of our own, which takes root or user namespaces: {done.stderr}"
    found: Mapping[str, Told] = json.loads(done.stdout)
    return found


def judged(gateways: Mapping[str, Told]) -> list[str]:
    """What was not as it must be."""
    found = []
    for address, told in gateways.items():
        if told["lost_after_s"] is None or told["lost_after_s"] > FOUND_WITHIN_S:
            found.append(f"{address} was not found dead in time: {told['lost_after_s']} s")
        if told["back_after_s"] is None:
            found.append(f"{address} did not answer again")
    busiest = busiest_second(gateways.values())
    return found + ([f"{busiest} connects in a second"] if busiest > CONNECTS_PER_S else [])


def busiest_second(gateways: Iterable[Told]) -> int:
    """The most connects in any second."""
    instants = sorted(at for told in gateways for at in told["connected_after_s"])
    return max((sum(start <= at < start + 1 for at in instants) for start in instants), default=0)


def run(seed: int, tried: int) -> HalfOpenVerdict:
    """`tried` gateways, dark once; for long only when there are fifty."""
    watch = Stopwatch()
    gateways = darkness(seed, tried, DARK_S if tried >= FULL else SHORT_DARK_S)
    return HalfOpenVerdict(
        **watch.verdict("C07", seed, tried, judged(gateways)),
        found_within_s=_slowest(gateways, "lost_after_s"),
        connects_in_a_second=busiest_second(gateways.values()),
        back_within_s=_slowest(gateways, "back_after_s"),
    )


def _slowest(gateways: Mapping[str, Told], what: str) -> float:
    return round(max((told[what] for told in gateways.values() if told[what] is not None), default=0.0), 1)
