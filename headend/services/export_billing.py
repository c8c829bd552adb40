"""Export a closed batch: the same batch gives the same bytes, and a batch that was changed is not exported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from headend.domain.billing import BillingPeriod, digest
from headend.domain.errors import ConfigError, Conflict
from headend.ports import BillingLedger, Exporter


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file to hand out."""

    name: str
    media_type: str
    content: bytes


class ExportBilling:
    """Renders batches with one exporter a format."""

    def __init__(self, ledger: BillingLedger, exporters: Mapping[str, Exporter]) -> None:
        self._ledger, self._exporters = ledger, exporters

    async def export(self, batch_id: int, file_format: str) -> ExportedFile:
        """The file; UnknownBillingBatch, ConfigError for an unknown format, Conflict when the hash differs."""
        exporter = self._exporters.get(file_format)
        if exporter is None:
            known = ", ".join(sorted(self._exporters))
            raise ConfigError(f"{file_format!r} is no export format", key="format", remedy=f"write one of {known}")
        batch = await self._ledger.batch(batch_id)
        lines, refusals = await self._ledger.lines(batch_id), await self._ledger.refusals(batch_id)
        if digest(BillingPeriod(batch.period, batch.start, batch.end), lines, refusals) != batch.sha256:
            raise Conflict(f"batch {batch_id} no longer matches its hash; do not bill from it, restore a backup")
        name = f"billing-{batch.period}-{batch.id}{exporter.suffix}"
        return ExportedFile(name, exporter.media_type, exporter.render(batch, lines, refusals))
