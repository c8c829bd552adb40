"""P01: single-bit flips of valid DL/T 645 frames, from the first 68 to the end byte. None may be delivered.

A flip in the preamble leaves the frame valid and is left out. Run: python -m tests.campaigns.bit_flips
"""

import argparse
import json
import time
from collections.abc import Callable
from random import Random
from typing import TypedDict

from protocols.dlt645 import Connection, FrameReceived, encode
from tests.campaigns.typical_frames import typical_frame

FLIPS_PER_FRAME = 40


class Verdict(TypedDict):
    """What a campaign reports; `examples` holds up to five inputs that were wrongly accepted."""

    id: str
    seed: int
    tried: int
    violations: int
    secs: float
    examples: list[str]


def is_delivered(raw: bytes) -> bool:
    """Whether our receiver hears any frame in these bytes."""
    connection = Connection()
    events = connection.receive(raw)
    events += connection.line_idle()
    return any(isinstance(event, FrameReceived) for event in events)


def is_delivered_unchecked(raw: bytes) -> bool:
    """The negative control: a receiver that trusts delimiters, length and end byte, and sums nothing."""
    body = raw.lstrip(b"\xfe")
    return len(body) >= 12 and body[0] == body[7] == 0x68 and len(body) == body[9] + 12 and body[-1] == 0x16


def run(seed: int, tried: int, receiver: Callable[[bytes], bool] = is_delivered) -> Verdict:
    chance = Random(seed)
    began = time.perf_counter()
    violations = 0
    examples: list[str] = []
    for count in range(tried):
        if count % FLIPS_PER_FRAME == 0:
            preamble = chance.randrange(5)
            raw = bytearray(encode(typical_frame(chance), preamble=preamble))
        bit = chance.randrange(8 * preamble, 8 * len(raw))
        raw[bit // 8] ^= 1 << bit % 8
        if receiver(bytes(raw)):
            violations += 1
            examples += [raw.hex()] if len(examples) < 5 else []
        raw[bit // 8] ^= 1 << bit % 8
    secs = round(time.perf_counter() - began, 3)
    return Verdict(id="P01", seed=seed, tried=tried, violations=violations, secs=secs, examples=examples)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tried", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=645)
    arguments = parser.parse_args()
    verdict = run(arguments.seed, arguments.tried)
    print(json.dumps(verdict))
    return 1 if verdict["violations"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
