"""P02: thirteen ways to damage a valid frame. Nothing but events may come out, and damage is all but never believed.

Run: python -m tests.campaigns.mutations --per-operator 10000 --seed 645
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import TypedDict

from protocols.dlt645 import Connection, FrameReceived, encode
from protocols.dlt645.describe import describe_line
from protocols.errors import ProtocolError
from tests.campaigns.typical_frames import typical_frame

Operator = Callable[[bytearray, Random], None]


class Verdict(TypedDict):
    """`violations` counts foreign exceptions; `accepted` damaged frames that were delivered, by operator."""

    id: str
    seed: int
    tried: int
    violations: int
    accepted: dict[str, int]
    secs: float
    examples: list[str]


def _flip_bits(count: int, raw: bytearray, chance: Random) -> None:
    for bit in chance.sample(range(8 * len(raw)), count):
        raw[bit // 8] ^= 1 << bit % 8


def _change_bytes(count: int, raw: bytearray, chance: Random) -> None:
    for at in chance.sample(range(len(raw)), count):
        raw[at] = (raw[at] + chance.randrange(1, 256)) % 256


def _drop(raw: bytearray, chance: Random) -> None:
    del raw[chance.randrange(len(raw))]


def _insert(raw: bytearray, chance: Random) -> None:
    raw.insert(chance.randrange(1, len(raw)), chance.randrange(256))


def _swap(raw: bytearray, chance: Random) -> None:
    one, two = chance.sample(range(len(raw)), 2)
    raw[one], raw[two] = raw[two], raw[one]


def _burst(raw: bytearray, chance: Random) -> None:
    at = chance.randrange(len(raw) - 4)
    raw[at : at + 4] = chance.randbytes(4)


def _repeat(raw: bytearray, chance: Random) -> None:
    at = chance.randrange(len(raw) - 2)
    raw[at:at] = raw[at : at + 2]


OPERATORS: Mapping[str, Operator] = {
    **{f"bits_{count}": partial(_flip_bits, count) for count in (1, 2, 4, 8)},
    **{f"bytes_{count}": partial(_change_bytes, count) for count in (1, 2, 3, 4)},
    "drop": _drop,
    "insert": _insert,
    "swap": _swap,
    "burst": _burst,
    "repeat": _repeat,
}


def run(seed: int, per_operator: int) -> Verdict:
    chance = Random(seed)
    began = time.perf_counter()
    accepted = dict.fromkeys(OPERATORS, 0)
    examples: list[str] = []
    violations = 0
    for name, operator in OPERATORS.items():
        for _ in range(per_operator):
            true = typical_frame(chance)
            raw = bytearray(encode(true, preamble=0))
            operator(raw, chance)
            try:
                accepted[name] += any(frame != true for frame in _frames(bytes(raw)))
                describe_line(raw.hex())
            except ProtocolError:
                continue
            except Exception as error:  # noqa: BLE001  a foreign exception is what this campaign looks for
                violations += 1
                examples += [f"{name}: {raw.hex()}: {error!r}"] if len(examples) < 5 else []
    secs = round(time.perf_counter() - began, 3)
    tried = per_operator * len(OPERATORS)
    return Verdict(
        id="P02", seed=seed, tried=tried, violations=violations, accepted=accepted, secs=secs, examples=examples
    )


def _frames(raw: bytes) -> list[object]:
    connection = Connection()
    events = connection.receive(raw) + connection.line_idle()
    return [event.frame for event in events if isinstance(event, FrameReceived)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-operator", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=645)
    arguments = parser.parse_args()
    verdict = run(arguments.seed, arguments.per_operator)
    print(json.dumps(verdict))
    return 1 if verdict["violations"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
