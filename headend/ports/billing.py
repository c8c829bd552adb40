"""Closed batches, and the files made of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from headend.domain.billing import BillingBatch, BillingLine, BillingPeriod, BillingRefusal


class BillingLedger(Protocol):
    """Closed billing batches; nothing in it changes any more."""

    async def close(
        self,
        period: BillingPeriod,
        closed_at: datetime,
        lines: Sequence[BillingLine],
        refusals: Sequence[BillingRefusal],
    ) -> BillingBatch:
        """Freeze a batch; Conflict when the period is closed already."""
        ...

    async def batches(self) -> Sequence[BillingBatch]:
        """All batches, newest first."""
        ...

    async def batch(self, batch_id: int) -> BillingBatch:
        """One batch; UnknownBillingBatch if there is none."""
        ...

    async def lines(self, batch_id: int) -> Sequence[BillingLine]:
        """The lines of a batch in their frozen order."""
        ...

    async def refusals(self, batch_id: int) -> Sequence[BillingRefusal]:
        """The refusals of a batch in their frozen order."""
        ...


class Exporter(Protocol):
    """Turns a billing batch into the bytes of one format; the same batch gives the same bytes."""

    media_type: str
    suffix: str

    def render(self, batch: BillingBatch, lines: Sequence[BillingLine], refusals: Sequence[BillingRefusal]) -> bytes:
        """The whole file."""
        ...
