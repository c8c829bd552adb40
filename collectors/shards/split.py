"""Which child owns a line: a pure rule that needs no table. Looks at nothing but the line's URL and their number."""

from __future__ import annotations

from hashlib import blake2b


def owner_of(url: str, processes: int) -> int:
    """The child, 0 .. processes - 1, whose claim on the line is highest (rendezvous hashing).

    Options do not count: what hangs on one gateway or port has one owner. With one child more, only the lines that it
    takes over move.
    """
    if processes < 1:
        raise ValueError("somebody must own the line")
    place = url.partition("?")[0]
    return max(range(processes), key=lambda child: _claim(place, child))


def _claim(place: str, child: int) -> bytes:
    return blake2b(f"{child} {place}".encode(), digest_size=8).digest()
