"""All child processes of a head-end, and the lines split over them. With none it does nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from collectors.driver import StreamDriver
from collectors.line_urls import LineUrl
from collectors.lines import LineState
from collectors.shards.line import ShardLine
from collectors.shards.shard import Shard
from collectors.shards.split import owner_of
from headend.domain.metering import Protocol
from headend.ports import ReadingSink


class Shards:
    """`line` makes lines for a FieldGateway; they are answered while `run()` runs."""

    def __init__(self, shards: Sequence[Shard], drivers: Mapping[Protocol, StreamDriver]) -> None:
        self.shards, self._drivers = tuple(shards), drivers

    def line(self, url: LineUrl, on_state: LineState, sink: ReadingSink | None) -> ShardLine:
        """The line of a tcp or serial URL, owned by the child that the split names."""
        shard = self.shards[owner_of(str(url), len(self.shards))]
        shard.owns(str(url), on_state)
        return ShardLine(str(url), shard, self._drivers)

    async def run(self) -> None:
        """Keep the children until cancelled; when this ends they have ended."""
        async with asyncio.TaskGroup() as group:
            for shard in self.shards:
                group.create_task(shard.run(), name=f"shard {shard.number}")


NO_SHARDS = Shards((), {})
