"""Read a meter now, on the wire, and keep what it said."""

from __future__ import annotations

from collections.abc import Sequence

from headend.domain.collection import MeterAnswer
from headend.domain.errors import Conflict
from headend.ports import MeterGateway, MeterRegistry, ReadingSink

DEADLINE_S = 20.0


class ReadNow:
    """A remote read on demand. The answer is returned after its readings are durable."""

    def __init__(self, registry: MeterRegistry, gateway: MeterGateway, sink: ReadingSink) -> None:
        self._registry, self._gateway, self._sink = registry, gateway, sink

    async def read(self, installation_id: int, items: Sequence[str], deadline_s: float = DEADLINE_S) -> MeterAnswer:
        """Ask for `items` (all periodic ones when empty); UnknownMeter, Conflict, QueueFull, LineDown, NoAnswer."""
        installation = await self._registry.installation(installation_id)
        if not installation.is_open:
            raise Conflict("another meter answers in the place of this one; read that one")
        answer = await self._gateway.read(installation, items, deadline_s)
        await self._sink.accept(answer.readings)
        return answer
