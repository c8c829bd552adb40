"""P05: frames cut in two at every byte, with wake-up bytes and noise in front. The events may not depend on the cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from protocols.dlt645 import Connection, Event, encode
from tests.campaigns.typical_frames import typical_frame
from tests.campaigns.verdict import Stopwatch, Verdict

NOISE = (b"", b"", b"\x00", b"\xff\x00", b"\x68", b"\x68\x68", b"\x16\xfe\x16")

Receiver = Callable[[Sequence[bytes]], list[Event]]


def hear(pieces: Sequence[bytes]) -> list[Event]:
    """One connection hears the pieces, then silence."""
    connection = Connection()
    events = [event for piece in pieces for event in connection.receive(piece)]
    return events + connection.line_idle()


def hear_each_alone(pieces: Sequence[bytes]) -> list[Event]:
    """The negative control: a receiver that takes every piece for a whole."""
    return [event for piece in pieces for event in hear([piece])]


def run(seed: int, tried: int, receiver: Receiver = hear) -> Verdict:
    """`tried` frames."""
    chance, watch = Random(seed), Stopwatch()
    wrong: list[str] = []
    for _ in range(tried):
        raw = chance.choice(NOISE) + encode(typical_frame(chance), preamble=chance.randrange(5))
        whole = receiver([raw])
        wrong += [
            f"{raw.hex()} cut at {cut}" for cut in range(len(raw) + 1) if receiver([raw[:cut], raw[cut:]]) != whole
        ]
    return watch.verdict("P05", seed, tried, wrong)
