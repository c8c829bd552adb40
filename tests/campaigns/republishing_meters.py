"""Meters that publish their readings with QoS 1, each over a connection of its own. A program; says `done` at its end.

What no broker has acknowledged is kept and sent again, as every QoS 1 client does. An acknowledgement says only that
the broker had it: a meter that has lost its connection sends again what was acknowledged in the last `replay` seconds
before, too. Reading n of a meter is n hundredths at START + n seconds.

Run: python -m tests.campaigns.republishing_meters --port N --meters N --each N --pace S --replay S
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import aiomqtt

START = datetime(2026, 3, 1, tzinfo=UTC)
RETRY_S = 0.1


def address(meter: int) -> str:
    """The address of a meter, from 1."""
    return f"{meter:012d}"


def instant(number: int) -> datetime:
    """When reading `number` was measured."""
    return START + timedelta(seconds=number)


def value(number: int) -> Decimal:
    """What it says."""
    return Decimal(number).scaleb(-2)


class Meter:
    """One meter, its readings still to be sent, and those that it may have to send again."""

    def __init__(self, number: int, each: int, replay_s: float) -> None:
        self._topic, self._replay_s = f"meters/{address(number)}/state", replay_s
        self._waiting = deque(range(1, each + 1))
        self._sent = deque[tuple[float, int]]()

    async def run(self, port: int, pace_s: float) -> None:
        """Until the broker has acknowledged everything."""
        while self._waiting:
            try:
                async with aiomqtt.Client("127.0.0.1", port, timeout=2) as client:
                    while self._waiting:
                        await self._publish(client, self._waiting[0])
                        await asyncio.sleep(pace_s)
            except aiomqtt.MqttError:
                self._take_back()
                await asyncio.sleep(RETRY_S)

    async def _publish(self, client: aiomqtt.Client, number: int) -> None:
        told = f'{{"time":"{instant(number).isoformat()}","active_energy_import":"{value(number)}"}}'
        await client.publish(self._topic, told, qos=1, timeout=2)
        self._sent.append((time.monotonic(), self._waiting.popleft()))
        while self._sent and self._sent[0][0] < time.monotonic() - self._replay_s:
            self._sent.popleft()

    def _take_back(self) -> None:
        self._waiting.extendleft(number for _, number in reversed(self._sent))
        self._sent.clear()


async def _all(arguments: argparse.Namespace) -> None:
    meters = [Meter(number, arguments.each, arguments.replay) for number in range(1, arguments.meters + 1)]
    await asyncio.gather(*(meter.run(arguments.port, arguments.pace) for meter in meters))


def main() -> int:
    """Publishes."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("port", "meters", "each"):
        parser.add_argument(f"--{name}", type=int, required=True)
    for name in ("pace", "replay"):
        parser.add_argument(f"--{name}", type=float, required=True)
    asyncio.run(_all(parser.parse_args()))
    print("done", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
