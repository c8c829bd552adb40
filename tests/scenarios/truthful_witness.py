"""The simulators' witness, kept in memory by meter: what each meter truly told and when. No head-end code in it."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from simulators.witness import Exchange, Witness


class TruthfulWitness(Witness):
    """Keeps what was told live (one truth, true at the moment of the request); records are recomputed by the judge."""

    def __init__(self) -> None:
        super().__init__(None)
        self._told: dict[str, list[tuple[datetime, Mapping[str, Decimal]]]] = defaultdict(list)

    def frame(self, exchange: Exchange) -> None:
        if exchange.meter is not None and len(exchange.truths) == 1 and exchange.truths[0].as_of == exchange.at:
            self._told[exchange.meter].append((exchange.at, exchange.truths[0].registers))

    def told_before(self, meter: str, until: datetime) -> Iterator[tuple[datetime, Mapping[str, Decimal]]]:
        """What the meter told until then, newest first."""
        told = self._told[meter]
        position = bisect_right(told, until, key=lambda entry: entry[0])
        while position:
            position -= 1
            yield told[position]
