"""The town of the demonstration: what stands in config/demo, and what of it a fleet of any size takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from headend.domain.metering import CustomerClass, Protocol
from headend.domain.topology import NodeKind, NodePlacement
from headend.services.csv_rows import read_rows, refuse_if
from headend.services.import_row import ImportRow
from headend.yaml_file import load_yaml

COLUMNS = ("substation", "feeder", "transformer", "kind", "customers")
FULL_PER_CENT = 100


@dataclass(frozen=True, slots=True)
class TransformerKind:
    """How the meters behind a kind of transformer are read, and whose they are in per cent."""

    protocol: Protocol
    meters_per_line: int
    meters_per_box: int
    classes: Mapping[CustomerClass, int]

    def __post_init__(self) -> None:
        if sum(self.classes.values()) != FULL_PER_CENT:
            raise ValueError(f"the classes make {sum(self.classes.values())} per cent, not {FULL_PER_CENT}")
        if min(self.meters_per_line, self.meters_per_box) < 1:
            raise ValueError("a line and a box have one meter at least")


@dataclass(frozen=True, slots=True)
class Transformer:
    """One transformer with what feeds it, and its customers."""

    substation: str
    feeder: str
    name: str
    kind: TransformerKind
    customers: int


def town(folder: Path) -> Sequence[Transformer]:
    """All transformers in the order of their file; ConfigError, ImportRefused."""
    kinds = load_yaml(folder / "kinds.yaml", dict[str, TransformerKind])
    path = folder / "transformers.csv"
    found: list[Transformer] = []
    refuse_if(read_rows(path.read_text(encoding="utf-8"), str(path), COLUMNS, lambda row: _read(row, kinds, found)))
    return found


def _read(row: ImportRow, kinds: Mapping[str, TransformerKind], found: list[Transformer]) -> None:
    kind, customers = kinds.get(row.required("kind")), row.required("customers")
    substation, feeder, name = row.required("substation"), row.required("feeder"), row.required("transformer")
    if kind is None:
        row.wrong("kind", f"{row.cell('kind')!r} is not known", f"write one of {', '.join(kinds)}")
    if not customers.isdecimal() or not int(customers):
        row.wrong("customers", f"{customers!r} is no number from 1", "write how many meters hang on it")
    if kind is not None and not row.is_wrong:
        found.append(Transformer(substation, feeder, name, kind, int(customers)))


def share(transformers: Sequence[Transformer], meters: int) -> Sequence[tuple[Transformer, int]]:
    """`meters` over the transformers: each protocol its part of the town, one transformer filled after the other.

    With three meters or more every protocol has one. More meters than the town has make each transformer as many times
    larger, so that the last ones stay empty at most.
    """
    growth = max(1, math.ceil(meters / sum(one.customers for one in transformers)))
    of_protocol = {p: [one for one in transformers if one.kind.protocol is p] for p in Protocol}
    of_protocol = {protocol: members for protocol, members in of_protocol.items() if members}
    filled: list[tuple[Transformer, int]] = []
    for members, left in zip(of_protocol.values(), _parts(of_protocol, meters), strict=True):
        for one in members:
            taken = min(left, one.customers * growth)
            if taken:
                filled.append((one, taken))
            left -= taken
    return filled


def _parts(of_protocol: Mapping[Protocol, Sequence[Transformer]], meters: int) -> Sequence[int]:
    """Whole meters of each protocol that make `meters` together."""
    sizes = [sum(one.customers for one in members) for members in of_protocol.values()]
    edges = [meters * sum(sizes[:n]) // sum(sizes) for n in range(len(sizes) + 1)]
    counts = [after - before for before, after in pairwise(edges)]
    if meters >= len(counts):
        lacking = [n for n, count in enumerate(counts) if not count]
        for n in lacking:
            counts[n] += 1
            counts[counts.index(max(counts))] -= 1
    return counts


def grid(transformers: Sequence[Transformer], since: datetime) -> Sequence[NodePlacement]:
    """The nodes down to the transformers, from the top, each once."""
    rows = [
        *((NodeKind.SUBSTATION, one.substation, "") for one in transformers),
        *((NodeKind.FEEDER, one.feeder, one.substation) for one in transformers),
        *((NodeKind.TRANSFORMER, one.name, one.feeder) for one in transformers),
    ]
    return [NodePlacement(kind, name, above, since) for kind, name, above in dict.fromkeys(rows)]
