"""What validation needs to know of a meter, as columns. Refreshed when the registry changes; reads no wire."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headend.domain.metering import CUSTOMER_CLASSES
from headend.domain.readings import Ints
from headend.ports import MeterRegistry


@dataclass(frozen=True, slots=True)
class FactColumns:
    """Per row: contract capacity in VA (0 = unknown) and the index of the customer class in CUSTOMER_CLASSES (-1)."""

    capacity_va: Ints
    customer_class: Ints


class MeterFacts:
    """Lookup arrays by installation id."""

    def __init__(self, registry: MeterRegistry) -> None:
        self._registry = registry
        self._columns: FactColumns | None = None

    def forget(self) -> None:
        """The registry changed: read it again next time."""
        self._columns = None

    async def of(self, installations: Ints) -> FactColumns:
        """The facts of each row; unknown installations have no capacity and no class."""
        known = self._columns or await self._load()
        rows = np.where(installations < len(known.capacity_va), installations, 0)
        return FactColumns(known.capacity_va[rows], known.customer_class[rows])

    async def _load(self) -> FactColumns:
        installations = await self._registry.installations()
        size = max((i.id for i in installations), default=0) + 1
        capacity, customer_class = np.zeros(size, np.int64), np.full(size, -1, np.int64)
        for installation in installations:
            point = installation.usage_point
            capacity[installation.id] = int(point.capacity_kva * 1000)
            customer_class[installation.id] = CUSTOMER_CLASSES.index(point.customer_class)
        self._columns = FactColumns(capacity, customer_class)
        return self._columns
