"""P04: damage of RTU frames. One bit, two bits and bursts of up to sixteen are never believed, three bytes hardly ever.

What ships decides on every frame: the link layer with silence behind it, and the matching of answers to the request.
Both are needed. After a wrong CRC the link layer looks for a frame at the next byte, and in the data of a long one it
may find five or nine bytes with a right CRC by chance; only they are no answer to what was asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from protocols.modbus import (
    Connection,
    Frame,
    FrameReceived,
    ReadRequest,
    Role,
    Rtu,
    answers,
    exception_reply,
    read_reply,
    read_request,
    rtu,
)
from tests.campaigns.verdict import Stopwatch, Verdict

MOST_OF_THREE_BYTES: Final = 3e-5
BURST: Final = 16
DAMAGED_PER_FRAME: Final = 250

Receiver = Callable[[bytes, Frame], bool]
"""Whether a value or a refusal would be taken from these bytes as the answer to a request."""
Damage = Callable[[int, int, Random], int]
"""A frame as a number and its bits, to the damaged one."""


class Master:
    """What ships, with silence behind each frame."""

    def __init__(self) -> None:
        self._connection = Connection(Rtu(Role.MASTER))

    def __call__(self, raw: bytes, request: Frame) -> bool:
        """See Receiver."""
        events = self._connection.receive(raw) + self._connection.line_idle()
        return any(isinstance(event, FrameReceived) and answers(request, event.frame) for event in events)


def without_crc(raw: bytes, request: Frame) -> bool:
    """The negative control: a receiver that matches as ours does, but checks no CRC."""
    return answers(request, rtu.parse(raw))


def run(seed: int, tried: int, receiver: Receiver | None = None) -> Verdict:
    """`tried` frames of each kind of damage."""
    chance, watch, receiver = Random(seed), Stopwatch(), receiver or Master()
    wrong: list[str] = []
    for name, damage in NEVER_BELIEVED.items():
        wrong += [f"{name}: {raw.hex()}" for raw in _believed(damage, tried, chance, receiver)]
    three = _believed(three_bytes, tried, chance, receiver)
    if len(three) > max(1, MOST_OF_THREE_BYTES * tried):
        wrong += [f"three bytes: {raw.hex()}" for raw in three]
    return watch.verdict("P04", seed, (len(NEVER_BELIEVED) + 1) * tried, wrong)


def one_bit(whole: int, bits: int, chance: Random) -> int:
    return whole ^ 1 << chance.randrange(bits)


def two_bits(whole: int, bits: int, chance: Random) -> int:
    first = chance.randrange(bits)
    second = (first + 1 + chance.randrange(bits - 1)) % bits
    return whole ^ 1 << first ^ 1 << second


def burst(whole: int, bits: int, chance: Random) -> int:
    """Up to sixteen bits from the first to the last wrong one, in the order in which they stand in the bytes."""
    size = chance.randrange(2, BURST + 1)
    pattern = 1 << size - 1 | 1 | chance.getrandbits(size)
    return whole ^ _as_sent(pattern << chance.randrange(bits - size + 1), bits)


def three_bytes(whole: int, bits: int, chance: Random) -> int:
    for place in chance.sample(range(bits // 8), 3):
        whole ^= chance.randrange(1, 256) << 8 * place
    return whole


NEVER_BELIEVED: Final[Mapping[str, Damage]] = {"one bit": one_bit, "two bits": two_bits, "burst": burst}


def _as_sent(pattern: int, bits: int) -> int:
    """The wire carries the low bit of each byte first: a burst on the wire is one of the bits in that order."""
    raw = pattern.to_bytes(bits // 8, "little")
    return int.from_bytes(raw, "big")


def _believed(damage: Damage, tried: int, chance: Random, receiver: Receiver) -> list[bytes]:
    found = []
    for count in range(tried):
        if count % DAMAGED_PER_FRAME == 0:
            request, reply = exchange(chance)
            raw = Rtu(Role.METER).encode(reply)
            whole, bits = int.from_bytes(raw, "big"), 8 * len(raw)
        wrong = damage(whole, bits, chance).to_bytes(bits // 8, "big")
        if receiver(wrong, request):
            found.append(wrong)
    return found


def exchange(chance: Random) -> tuple[Frame, Frame]:
    """A request and its response as meters send them: few registers, sometimes many, sometimes a refusal."""
    count = chance.choice((1, 2, 2, 2, 4, 6, 10, 20, 40, 80))
    request = read_request(chance.randrange(1, 248), ReadRequest(chance.choice((3, 4)), 0, count))
    if chance.random() < 0.1:
        return request, exception_reply(request, chance.choice((1, 2, 3, 4, 6, 11)))
    return request, read_reply(request, [chance.randrange(0x10000) for _ in range(count)])
