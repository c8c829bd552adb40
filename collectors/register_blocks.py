"""Which registers to ask for together: few requests, none longer than the meter allows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Place(Protocol):
    """Something that is read: its words belong into one answer."""

    @property
    def span(self) -> range:
        """Addresses of the words to read for it."""
        ...


@dataclass(frozen=True, slots=True)
class RegisterBlock:
    """`count` words from `address` on, read for these places; holes included."""

    places: tuple[Place, ...]
    address: int
    count: int

    def smaller(self) -> Sequence[RegisterBlock]:
        """What to ask for when the meter refuses the block's addresses: its runs without holes, then each alone."""
        if len(self.places) == 1:
            return ()
        runs = blocks(self.places, max_registers=self.count, largest_gap=0)
        return runs if len(runs) > 1 else [_block((place,)) for place in self.places]


def blocks(wanted: Iterable[Place], *, max_registers: int, largest_gap: int) -> list[RegisterBlock]:
    """The blocks that cover the wanted places, none over `max_registers` words or across a greater gap."""
    found: list[list[Place]] = []
    first = end = 0
    for place in sorted(set(wanted), key=lambda place: (place.span.start, place.span.stop)):
        span = place.span
        if found and span.start - end <= largest_gap and max(end, span.stop) - first <= max_registers:
            found[-1].append(place)
            end = max(end, span.stop)
        else:
            found.append([place])
            first, end = span.start, span.stop
    return [_block(tuple(places)) for places in found]


def _block(places: tuple[Place, ...]) -> RegisterBlock:
    address = places[0].span.start
    return RegisterBlock(places, address, max(place.span.stop for place in places) - address)
