"""Lines in requests of a bounded size; refused ones are found by halving, for the server does not say which.

Sending a line again is harmless, so a request of which the server took a part is simply cut in two and sent again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headend.domain.readings import Ints
from headend.stores.readings.influxdb.lines import Lines
from headend.stores.readings.influxdb.server import InfluxDbServer, WriteRefused

LINES_A_REQUEST = 5_000
REFUSED_REQUESTS = 100


@dataclass(frozen=True, slots=True)
class Told:
    """Positions of the lines that were refused, and the last reason."""

    positions: Ints
    reason: str


class Sender:
    """Sends for one commit; after so many refused requests it halves no more and gives up what is left of them."""

    def __init__(self, server: InfluxDbServer) -> None:
        self._server = server
        self._patience = REFUSED_REQUESTS

    async def send(self, lines: Lines) -> Told:
        """Every line is stored or told as refused; StoreUnavailable when neither is known."""
        refused: list[Ints] = []
        reason = ""
        waiting = [slice(at, at + LINES_A_REQUEST) for at in range(0, len(lines), LINES_A_REQUEST)][::-1]
        while waiting:
            part = waiting.pop()
            rows = range(*part.indices(len(lines)))
            try:
                await self._server.write(b"\n".join(lines[part]))
            except WriteRefused as error:
                reason = str(error)
                self._patience -= 1
                if len(rows) == 1 or self._patience < 0:
                    refused.append(np.array(rows, dtype=np.int64))
                else:
                    middle = rows.start + len(rows) // 2
                    waiting += [slice(middle, rows.stop), slice(rows.start, middle)]
        return Told(np.concatenate([np.empty(0, dtype=np.int64), *refused]), reason)
