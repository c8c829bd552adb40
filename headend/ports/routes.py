"""Reading routes, kept whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from headend.domain.routes import Route


class Routes(Protocol):
    """Routes by name."""

    async def all(self) -> Sequence[Route]:
        """Every route with its stops, by name."""
        ...

    async def route(self, name: str) -> Route:
        """One; UnknownRoute if there is none."""
        ...

    async def add(self, routes: Sequence[Route]) -> None:
        """Keep all or none; Conflict names the first that is there already."""
        ...

    async def change(self, route: Route) -> Route:
        """Keep it in place of its version before; Conflict when somebody changed it meanwhile, UnknownRoute."""
        ...

    async def remove(self, name: str) -> None:
        """Forget it; UnknownRoute."""
        ...

    async def bus_orders(self) -> Mapping[str, Mapping[str, int]]:
        """For each line with a bus route the position of its usage points."""
        ...
