"""What happened, kept and live."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from headend.domain.events import EndDeviceEvent


class EventLog(Protocol):
    """What happened."""

    async def record(self, event: EndDeviceEvent) -> None:
        """Keep an event."""
        ...

    async def recent(self, limit: int, installation_id: int | None = None) -> Sequence[EndDeviceEvent]:
        """The newest events first."""
        ...


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One thing that watchers of the console see: a kind and flat text fields."""

    kind: str
    fields: Mapping[str, str]


class LiveFeed(Protocol):
    """What is happening now, for those who watch. A slow watcher loses its oldest items, nobody else's."""

    def publish(self, item: FeedItem) -> None:
        """Tell every watcher; never blocks."""
        ...

    def watch(self) -> AsyncIterator[FeedItem]:
        """Items from now on."""
        ...
