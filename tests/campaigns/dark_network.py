"""Fifty gateways behind one network that goes dark and comes back: nothing is refused, nothing answered, no RST sent.

A program for a network namespace of its own, `unshare -rn`, where it may do what it likes without being root outside.
The gateways live in a second namespace; dark is a wrong hardware address for the way there, so frames leave and nobody
takes them. Lines are the shipped ones, polled once a second. Prints what happened as JSON, and judges nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import uvloop

from collectors.channel import Channel
from collectors.gateway import FieldGateway
from collectors.line_urls import LineUrl
from collectors.lines import LineState, StreamLine, stream_line
from collectors.transports.opened import OpenedPipe
from collectors.transports.pipe import ReceivingPipe
from headend.bootstrap.field import build_field
from headend.clock import SystemClock
from headend.domain.errors import FieldError
from headend.domain.metering import MeterInstallation
from headend.ports import ReadingSink
from tests.benches.head_end_parts import ROOT, ZONE
from tests.fakes.memory_stores import MemoryMeterRegistry
from tests.fakes.meters import registration
from tests.fakes.processes import wait_for_line
from tests.fakes.seeded_random import SeededRandom

HERE, THERE = "10.77.0.1", "10.77.0.2"
NOBODY = "02:00:00:00:00:99"
SHIPPED, UNWATCHED, TOGETHER = 1, 2, 3  # the third part of a gateway's address says how its line is made
ITEM = "00010000"
POLL_S, DEADLINE_S, BACK_WITHIN_S = 1.0, 5.0, 90.0
CLOCK = SystemClock()


@dataclass
class Seen:
    """By the gateway's address, in monotonic seconds."""

    dark_at: float = 0.0
    light_at: float = 0.0
    lost_at: dict[str, float] = field(default_factory=dict)
    answered_at: dict[str, float] = field(default_factory=dict)


def _ip(*words: str, inside: int | None = None) -> None:
    where = [] if inside is None else ["nsenter", "--target", str(inside), "--net"]
    subprocess.run([*where, "ip", *words], check=True)


@contextlib.contextmanager
def _gateways(addresses: Sequence[str]) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The program in its namespace, with a way there."""
    command = ["unshare", "--net", sys.executable, "-m", "tests.campaigns.counted_gateways"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            port = int(wait_for_line(process, "listening on").split()[-1])
            _ip("link", "add", "near", "type", "veth", "peer", "name", "far", "netns", str(process.pid))
            for device, address, inside in (("near", HERE, None), ("far", THERE, process.pid)):
                _ip("addr", "add", f"{address}/30", "dev", device, inside=inside)
                _ip("link", "set", device, "up", inside=inside)
            _ip("link", "set", "lo", "up", inside=process.pid)
            for address in addresses:
                _ip("addr", "add", f"{address}/32", "dev", "lo", inside=process.pid)
            _ip("route", "add", "10.77.0.0/16", "via", THERE)
            yield process, port
        finally:
            process.kill()


def _line_maker(seed: int) -> Callable[[LineUrl, LineState, ReadingSink | None], StreamLine]:
    drivers, random = build_field(ROOT, ZONE, CLOCK).stream_drivers, SeededRandom(Random(seed))

    def make(url: LineUrl, on_state: LineState, sink: ReadingSink | None) -> StreamLine:
        kind = int(url.host.split(".")[2])
        if kind == UNWATCHED:
            return StreamLine(Channel(_unwatched(url), CLOCK, on_state=on_state, random=random), drivers)
        return stream_line(url, drivers, CLOCK, on_state, random if kind == SHIPPED else None)

    return make


def _unwatched(url: LineUrl) -> OpenedPipe:
    """A control: TCP as the operating system has it."""

    async def connect() -> ReceivingPipe:
        async with asyncio.timeout(DEADLINE_S):
            return (await asyncio.get_running_loop().create_connection(ReceivingPipe, url.host, url.port))[1]

    return OpenedPipe(f"tcp {url.host}", connect)


async def _poll(gateway: FieldGateway, meter: MeterInstallation, address: str, seen: Seen) -> None:
    while True:
        with contextlib.suppress(FieldError):
            if (await gateway.read(meter, [ITEM], DEADLINE_S)).is_answered:
                seen.answered_at[address] = CLOCK.monotonic()
        await asyncio.sleep(POLL_S)


async def _go_dark(addresses: Sequence[str], port: int, seed: int, dark_s: float) -> Seen:
    seen, registry = Seen(), MemoryMeterRegistry()
    await registry.register([registration(n, line_url=f"tcp://{a}:{port}") for n, a in enumerate(addresses, start=1)])

    def told(url: str, reason: str | None) -> None:
        if reason is not None and seen.dark_at:
            seen.lost_at.setdefault(url.removeprefix("tcp://").partition(":")[0], CLOCK.monotonic())

    gateway = FieldGateway({"tcp": _line_maker(seed)}, told, clock=CLOCK)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(gateway.run())]
        await gateway.is_running.wait()
        pairs = zip(await registry.installations(), addresses, strict=True)
        tasks += [group.create_task(_poll(gateway, meter, address, seen)) for meter, address in pairs]
        await _until(lambda: len(seen.answered_at) == len(addresses), 20)
        seen.dark_at = CLOCK.monotonic()
        _ip("neigh", "replace", THERE, "lladdr", NOBODY, "dev", "near", "nud", "permanent")
        await asyncio.sleep(dark_s)
        seen.answered_at.clear()
        seen.light_at = CLOCK.monotonic()
        _ip("neigh", "del", THERE, "dev", "near")
        await _until(lambda: len(seen.answered_at) == len(addresses), BACK_WITHIN_S)
        for task in tasks:
            task.cancel()
    return seen


async def _until(condition: Callable[[], bool], seconds: float) -> None:
    limit = CLOCK.monotonic() + seconds
    while not condition() and CLOCK.monotonic() < limit:  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(0.05)


def _told(address: str, seen: Seen, book: Sequence[tuple[float, str]]) -> Mapping[str, Any]:  # Any: JSON
    """Of one gateway, in seconds since the dark and since the light."""
    lost, answered = seen.lost_at.get(address), seen.answered_at.get(address)
    return {
        "lost_after_s": None if lost is None or lost > seen.light_at else lost - seen.dark_at,
        "back_after_s": None if answered is None else answered - seen.light_at,
        "connected_after_s": [at - seen.light_at for at, who in book if who == address and at > seen.dark_at],
    }


def main() -> int:
    """Prints what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("shipped", "unwatched", "together", "seed"):
        parser.add_argument(f"--{name}", type=int, default=0)
    parser.add_argument("--dark", type=float, required=True)
    chosen = parser.parse_args()
    groups = ((SHIPPED, chosen.shipped), (UNWATCHED, chosen.unwatched), (TOGETHER, chosen.together))
    addresses = [f"10.77.{kind}.{n}" for kind, count in groups for n in range(1, count + 1)]
    with _gateways(addresses) as (process, port):
        seen = uvloop.run(_go_dark(addresses, port, chosen.seed, chosen.dark))
        output, _ = process.communicate("")
    book = json.loads(output)
    print(json.dumps({address: _told(address, seen, book) for address in addresses}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
