"""What a bad line can do to a chunk of bytes: one function a fault, pure but for the chance it is given.

A fault takes what is about to be passed on and gives what is passed on instead: bytes now or later, on this way or
back, or an end of the line. It never looks at a protocol.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np

BITS_PER_CHARACTER = 11  # start, eight data, parity, stop


class Direction(StrEnum):
    """Up is from the meters, down is to them."""

    UP = "up"
    DOWN = "down"

    @property
    def back(self) -> "Direction":
        return Direction.UP if self is Direction.DOWN else Direction.DOWN


@dataclass(frozen=True, slots=True)
class Pass:
    """Bytes to send `after_s` seconds from now, on their way or back to where they came from."""

    data: bytes
    after_s: float = 0.0
    is_echo: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Bytes that wait until the next chunk of this direction, and go right behind it."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection ends at once, on both sides, without a goodbye."""


@dataclass(frozen=True, slots=True)
class StopReading:
    """Nothing is taken from this direction for so long; the sender's buffers fill."""

    for_s: float


Outcome = Pass | Hold | Reset | StopReading
Apply = Callable[[bytes, "Rule", np.random.Generator], list[Outcome]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault of a script: how often (share of chunks), in which direction, how strong."""

    fault: str
    share: float
    direction: Direction | None = None  # None: both
    count: int = 1  # bits, bytes or copies
    seconds: float = 1.0  # delay, pause

    def __post_init__(self) -> None:
        if self.fault not in FAULTS:
            raise ValueError(f"no fault {self.fault!r}; known are {', '.join(FAULTS)}")
        if not 0 <= self.share <= 1:
            raise ValueError(f"share {self.share} is not in 0..1")
        if self.count < 1 or not 0 <= self.seconds <= 3600:
            raise ValueError("count is at least 1, seconds are in 0..3600")

    def concerns(self, direction: Direction) -> bool:
        return self.direction is None or self.direction is direction


def _flip(data: bytes, rule: Rule, chance: np.random.Generator) -> list[Outcome]:
    raw = bytearray(data)
    for bit in chance.choice(8 * len(raw), size=min(rule.count, 8 * len(raw)), replace=False):
        raw[int(bit) // 8] ^= 1 << int(bit) % 8
    return [Pass(bytes(raw))]


def _drop(data: bytes, rule: Rule, chance: np.random.Generator) -> list[Outcome]:
    gone = {int(n) for n in chance.choice(len(data), size=min(rule.count, len(data)), replace=False)}
    return [Pass(bytes(byte for at, byte in enumerate(data) if at not in gone))]


def _insert(data: bytes, rule: Rule, chance: np.random.Generator) -> list[Outcome]:
    at = int(chance.integers(len(data) + 1))
    return [Pass(data[:at] + chance.bytes(rule.count) + data[at:])]


def _duplicate(data: bytes, rule: Rule, chance: np.random.Generator) -> list[Outcome]:
    return [Pass(data), *(Pass(data, rule.seconds * (1 + copy)) for copy in range(rule.count))]


def _truncate(data: bytes, rule: Rule, chance: np.random.Generator) -> list[Outcome]:
    return [Pass(data[: int(chance.integers(len(data)))])]


def _delay(data: bytes, rule: Rule, chance: np.random.Generator) -> list[Outcome]:
    return [Pass(data, float(chance.uniform(0, rule.seconds)))]


def _hold(data: bytes, rule: Rule, chance: np.random.Generator) -> list[Outcome]:
    return [Hold(data)]


def _swap(data: bytes, rule: Rule, chance: np.random.Generator) -> list[Outcome]:
    raw = bytearray(data)
    for _ in range(rule.count if len(raw) > 1 else 0):
        at = int(chance.integers(len(raw) - 1))
        raw[at], raw[at + 1] = raw[at + 1], raw[at]
    return [Pass(bytes(raw))]


def _echo(data: bytes, rule: Rule, chance: np.random.Generator) -> list[Outcome]:
    return [Pass(data, is_echo=True), Pass(data)]


def _babble(data: bytes, rule: Rule, chance: np.random.Generator) -> list[Outcome]:
    noise = [Pass(chance.bytes(16), rule.seconds * n / rule.count) for n in range(rule.count)]
    return [*noise, Pass(data)]


def _trickle(data: bytes, rule: Rule, chance: np.random.Generator) -> list[Outcome]:
    return [Pass(data[at : at + 1], rule.seconds * at) for at in range(len(data))]


def _pace(data: bytes, rule: Rule, chance: np.random.Generator) -> list[Outcome]:
    return [Pass(data, rule.seconds + len(data) * BITS_PER_CHARACTER / rule.count)]


def _reset(data: bytes, rule: Rule, chance: np.random.Generator) -> list[Outcome]:
    return [Reset()]


def _stop(data: bytes, rule: Rule, chance: np.random.Generator) -> list[Outcome]:
    return [Pass(data), StopReading(rule.seconds)]


FAULTS: Mapping[str, Apply] = MappingProxyType(
    {
        "flip": _flip,  # `count` bits
        "drop": _drop,  # `count` bytes
        "insert": _insert,  # `count` random bytes in one place
        "duplicate": _duplicate,  # `count` more copies, each `seconds` later
        "truncate": _truncate,  # somewhere
        "delay": _delay,  # up to `seconds`, may overtake
        "hold": _hold,  # released behind the next chunk
        "swap": _swap,  # `count` pairs of neighbours
        "echo": _echo,  # back to the sender, and on
        "babble": _babble,  # `count` bursts of noise within `seconds`
        "trickle": _trickle,  # a byte every `seconds`
        "pace": _pace,  # a wire of `count` bit/s, and `seconds` before the first byte
        "reset": _reset,
        "stop": _stop,  # reading, for `seconds`
    }
)
