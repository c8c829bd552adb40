"""The KPIs of a head-end, put together: computed by hand and by night, and shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from headend.bootstrap.stores import Stores
from headend.domain.kpi import KpiDefinition
from headend.domain.reading_types import ReadingTypeTable
from headend.ports import Clock
from headend.queries.kpi import ShowKpis
from headend.services.compute_kpis import ComputeKpis, KpiStores
from headend.services.compute_kpis_nightly import ComputeKpisNightly


@dataclass(frozen=True, slots=True)
class Kpis:
    """What computes figures, and what shows them."""

    compute: ComputeKpis
    nightly: ComputeKpisNightly
    show: ShowKpis


def build_kpis(
    definitions: Sequence[KpiDefinition], stores: Stores, types: ReadingTypeTable, zone: ZoneInfo, clock: Clock
) -> Kpis:
    """Over the stores of a site."""
    made_of = KpiStores(
        book=stores.fleet_book,
        parkings=stores.parkings,
        facts=stores.day_facts,
        ledger=stores.kpis,
        is_spooling=lambda: stores.readings.is_spooling,
    )
    compute = ComputeKpis(definitions, made_of, types, zone=zone, clock=clock, events=stores.events)
    nightly = ComputeKpisNightly(compute, stores.kpis, stores.readings, zone=zone, clock=clock, events=stores.events)
    return Kpis(compute, nightly, ShowKpis(definitions, stores.kpis, stores.registry))
