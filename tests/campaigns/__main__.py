"""Runs the campaigns: one JSON line each on stdout, exit 1 when any found a violation. `--short` is the suite's size.

Run: python -m tests.campaigns [--only ID] [--short] [--seed N]
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.status import Status

SEED = 645


@dataclass(frozen=True, slots=True)
class Campaign:
    """A module with `run(seed, tried)`, and how much is tried; it is imported only when its turn comes."""

    module: str
    long: int
    short: int

    def run(self, seed: int, *, is_short: bool) -> Mapping[str, Any]:
        """One verdict."""
        found: Mapping[str, Any] = importlib.import_module(f"tests.campaigns.{self.module}").run(
            seed, self.short if is_short else self.long
        )
        return found


CAMPAIGNS: Mapping[str, Campaign] = {
    "P01": Campaign("bit_flips", 1_000_000, 100_000),  # flips
    "P02": Campaign("mutations", 10_000, 1_000),  # for each of thirteen operators
    "P04": Campaign("modbus_crc", 1_000_000, 20_000),  # frames of each kind of damage
    "P03": Campaign("damaged_reads", 5_000_000, 20_000),  # replies for each of thirteen operators
    "P05": Campaign("two_way_splits", 1_000, 50),  # frames, cut at each byte
    "P06": Campaign("value_round_trips", 20_000, 200),  # examples of each data type
    "P07": Campaign("fuzz", 600, 3),  # seconds for each parser
    "P08": Campaign("late_replies", 10_000, 2_000),  # late replies
    "P09": Campaign("collisions", 1_000_000, 10_000),  # pairs
    "P10": Campaign("echoes", 10_000, 500),  # reads
    "P11": Campaign("babbling_line", 24, 1),  # hours
    "C01": Campaign("bad_days", 500, 20),  # meters, two days each
    "C02": Campaign("exchanges", 10_000, 100),  # meters
    "C03": Campaign("clock_faults", 1_096, 40),  # days, in each of six zones
    "C04": Campaign("wall_clock", 100, 10),  # jumps
    "C05": Campaign("outage", 300, 20),  # meters
    "C06": Campaign("broker_kills", 100_000, 2_000),  # readings
    "C07": Campaign("half_open", 50, 16),  # gateways
    "C08": Campaign("paused_collectors", 1_000, 8),  # pauses
    "C10": Campaign("soak", 3_600, 30),  # seconds
    "M01": Campaign("month", 1_000, 20),  # meters, thirty days each; in short, three
    "C09": Campaign("shuffled_input", 1_000, 50),  # seeds
    "L10": Campaign("replays", 100, 5),  # seeds
    "S04": Campaign("kill_serve", 50, 3),  # kills
}


def main(arguments: Sequence[str] | None = None, campaigns: Mapping[str, Campaign] = CAMPAIGNS) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns", description=__doc__)
    parser.add_argument("--only", choices=campaigns, action="append", help="this campaign; may be repeated")
    parser.add_argument("--short", action="store_true", help="what the everyday suite tries")
    parser.add_argument("--seed", type=int, default=SEED)
    chosen = parser.parse_args(arguments)
    console, violations = Console(stderr=True), 0
    for name in chosen.only or campaigns:
        with Status(f"{name} is running", console=console) if console.is_terminal else _Quiet():
            verdict = campaigns[name].run(chosen.seed, is_short=chosen.short)
        print(json.dumps(verdict), flush=True)
        violations += verdict["violations"]
    return 1 if violations else 0


class _Quiet:
    """No progress where nobody watches."""

    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...


if __name__ == "__main__":
    sys.exit(main())
