"""Plans, reads at dates of their own and routes of a head-end, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from collectors.collection import Collection
from collectors.plan_runner import PlanRunner
from headend.bootstrap.grid import Grid
from headend.bootstrap.stores import Stores
from headend.domain.plans import Plan
from headend.domain.reading_types import ReadingTypeTable
from headend.plan_files import FOLDER, PlanFolders, PlanSource, plan_sources
from headend.ports import Clock, MeterGateway, ReadingSink
from headend.queries.plans import ShowPlans
from headend.services.design_routes import DesignRoutes
from headend.services.import_routes import ImportRoutes
from headend.services.plan_meters import PlanMeters
from headend.services.special_reads import ReadOnSpecialDates
from headend.settings import Settings
from headend.shipped import config_root


@dataclass(frozen=True, slots=True)
class Planning:
    """What is read of whom and when, and by which way through the field."""

    plans: Sequence[Plan]
    runner: PlanRunner
    special: ReadOnSpecialDates
    show_plans: ShowPlans
    design_routes: DesignRoutes
    import_routes: ImportRoutes


@dataclass(frozen=True, slots=True)
class Asking:
    """What asks meters, and keeps what they say."""

    collection: Collection
    gateway: MeterGateway
    sink: ReadingSink


def sources_of(settings: Settings, types: ReadingTypeTable) -> Sequence[PlanSource]:
    """The plans of a site: those of its site file, or else those that ship and those of its folder; ConfigError."""
    if settings.plans is not None:
        return [PlanSource(one.plan(settings.zone), Path("site.yaml")) for one in settings.plans]
    folder = Path(settings.plan_folder) if settings.plan_folder else None
    return plan_sources(PlanFolders(config_root() / FOLDER, folder, types, settings.zone))


def build_planning(
    sources: Sequence[PlanSource], stores: Stores, grid: Grid, asking: Asking, *, zone: ZoneInfo, clock: Clock
) -> Planning:
    """Over the stores and the field of a site."""
    events, registry = stores.events, stores.registry
    plans = [source.plan for source in sources if source.is_enabled]
    meters = PlanMeters(
        grid.polled, stores.topology, stores.routes, stores.special_reads, zone=zone, clock=clock, events=events
    )
    return Planning(
        plans=plans,
        runner=PlanRunner(asking.collection, registry, meters, stores.plan_progress, clock=clock, events=events),
        special=ReadOnSpecialDates(
            stores.special_reads, registry, asking.gateway, asking.sink, zone=zone, clock=clock, events=events
        ),
        show_plans=ShowPlans(plans, meters, stores.plan_progress),
        design_routes=DesignRoutes(
            stores.routes, registry, lambda: asking.collection.silent, clock=clock, events=events
        ),
        import_routes=ImportRoutes(stores.routes, registry, clock=clock, events=events),
    )
