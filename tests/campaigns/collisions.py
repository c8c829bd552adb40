"""P09: two meters answer one question at once. No address is believed, and each time the line is known to be contended.

The two replies are mixed as a wire may mix them: dominant zeros (AND), dominant ones (OR), or bytes of either at
random, the second up to three bytes late. Where chance leaves one of them whole, nothing has collided.

Run: python -m tests.campaigns.collisions --tried 1000000 --seed 645
"""

import argparse
import json
from collections.abc import Callable, Set
from random import Random

from collectors.conversation import Ask
from collectors.discovery import Heard, search
from headend.domain.errors import NoAnswer
from protocols import dlt645
from protocols.dlt645.data_identifiers import encode_values
from tests.campaigns.typical_frames import some_address
from tests.campaigns.verdict import Stopwatch, Verdict

QUESTION = "04000401"
Listen = Callable[[bytes, Set[str]], Heard]


def run(seed: int, tried: int, listen_to: Listen | None = None) -> Verdict:
    """`tried` pairs of meters that collide."""
    watch, chance, bad, collided = Stopwatch(), Random(seed), list[str](), 0
    hear = listen_to or heard
    while collided < tried:
        one, two = some_address(chance), some_address(chance)
        if one == two:
            continue
        raw = _mixed(_reply(one), _reply(two), chance)
        if _reply(one) in raw or _reply(two) in raw:
            continue
        collided += 1
        found = hear(raw, {one, two})
        if found.addresses or not found.is_garbled:
            bad.append(f"{one} and {two}: {raw.hex()} gave {found}")
    return watch.verdict("P09", seed, collided, bad)


def heard(raw: bytes, meters: Set[str]) -> Heard:
    """What the shipped search makes of these bytes; whoever is asked by name then answers alone, if there is one."""
    conversation = search("", 0.5)
    ask = next(conversation)
    try:
        while True:
            _listen(ask, raw)
            ask = conversation.throw(NoAnswer("it listened to the end"))
            address = dlt645.Connection().receive(ask.request)[0].frame.address
            raw = _reply(address) if address in meters else b""
    except StopIteration as end:
        return end.value[0]  # type: ignore[no-any-return]  # the generator's own return


def believing(raw: bytes, meters: Set[str]) -> Heard:
    """The control: whatever has a good sum is a meter."""
    connection = dlt645.Connection()
    events = connection.receive(raw) + connection.line_idle()
    return Heard({event.frame.address for event in events if isinstance(event, dlt645.FrameReceived)})


def _listen(ask: Ask, raw: bytes) -> None:
    connection = dlt645.Connection()
    for event in connection.receive(raw) + connection.line_idle():
        ask.answers(event)


def _reply(address: str) -> bytes:
    request = dlt645.read(dlt645.frame.WILDCARD_ADDRESS, QUESTION)
    frame = dlt645.read_reply(request, encode_values(QUESTION, [address]), address=address)[0]
    return dlt645.encode(frame, preamble=0)


def _mixed(one: bytes, two: bytes, chance: Random) -> bytes:
    late = chance.choice((0, 0, 0, 1, 2, 3))
    idle = chance.choice((0x00, 0xFF))
    size = len(two) + late
    first, second = one.ljust(size, bytes((idle,))), two.rjust(size, bytes((idle,)))
    match chance.randrange(3):
        case 0:
            return bytes(a & b for a, b in zip(first, second, strict=True))
        case 1:
            return bytes(a | b for a, b in zip(first, second, strict=True))
        case _:
            return bytes(chance.choice(pair) for pair in zip(first, second, strict=True))


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
