"""The API on top of a head-end, in the same event loop as the collectors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypedDict

from api.app import create_app
from api.server import serve_app
from api.services import ApiServices
from headend.alarm_files import alarm_catalogue
from headend.bootstrap.head_end import HeadEnd
from headend.loop_watch import LoopWatch
from headend.queries.gap_days import ShowGapDays
from headend.queries.grid import ShowGrid
from headend.queries.health import ShowHealth
from headend.queries.identity import ShowIdentity
from headend.queries.lines import ShowLines
from headend.queries.plans import ShowPlans
from headend.queries.ways import ShowWays
from headend.services.design_routes import DesignRoutes
from headend.services.edit_ways import EditWays
from headend.services.enter_reading import EnterReading
from headend.services.import_readings import ImportReadings
from headend.services.import_routes import ImportRoutes
from headend.services.special_reads import ReadOnSpecialDates
from headend.shipped import config_root


def api_services(head_end: HeadEnd, loop: LoopWatch) -> ApiServices:
    """What the API needs of a head-end."""
    stores = head_end.stores
    return ApiServices(
        site_name=head_end.settings.site.name,
        zone=head_end.settings.zone,
        clock=head_end.clock,
        types=head_end.types,
        registry=stores.registry,
        events=stores.events,
        ledger=stores.ledger,
        feed=head_end.feed,
        sign_in=head_end.sign_in,
        show_fleet=head_end.show_fleet,
        show_meter=head_end.show_meter,
        show_health=_show_health(head_end, loop),
        list_gaps=head_end.list_gaps,
        show_gap_days=_show_gap_days(head_end),
        show_gap_ledger=head_end.gaps.show,
        keep_gap_ledger=head_end.gaps.keep,
        export_tables=head_end.gaps.export,
        read_now=head_end.read_now,
        close_billing=head_end.close_billing,
        export_billing=head_end.export_billing,
        import_meters=head_end.import_meters,
        show_grid=ShowGrid(stores.topology, stores.registry),
        import_topology=head_end.grid.import_topology,
        park_meters=head_end.grid.park_meters,
        exchange_meter=head_end.identity.exchange,
        correct_clock=head_end.clocks.correct,
        decide_drafts=head_end.states.decide,
        show_identity=ShowIdentity(stores.registry, stores.identities, stores.exchanges),
        compute_kpis=head_end.kpis.compute,
        show_kpis=head_end.kpis.show,
        **_how_meters_are_read(head_end),
        alarms=alarm_catalogue(config_root()),
        show_lines=_show_lines(head_end),
    )


class _HowMetersAreRead(TypedDict):
    """Plans and routes, ways, and what people bring from the field."""

    show_plans: ShowPlans
    special_reads: ReadOnSpecialDates
    design_routes: DesignRoutes
    import_routes: ImportRoutes
    edit_ways: EditWays
    show_ways: ShowWays
    import_readings: ImportReadings
    enter_reading: EnterReading


def _how_meters_are_read(head_end: HeadEnd) -> _HowMetersAreRead:
    planning, ways = head_end.planning, head_end.ways
    return {
        "show_plans": planning.show_plans,
        "special_reads": planning.special,
        "design_routes": planning.design_routes,
        "import_routes": planning.import_routes,
        "edit_ways": ways.edit,
        "show_ways": ways.show,
        "import_readings": ways.import_readings,
        "enter_reading": ways.enter_reading,
    }


def _show_gap_days(head_end: HeadEnd) -> ShowGapDays:
    zone, clock = head_end.settings.zone, head_end.clock
    return ShowGapDays(head_end.list_gaps, head_end.stores.registry, zone=zone, clock=clock)


def _show_health(head_end: HeadEnd, loop: LoopWatch) -> ShowHealth:
    readings = head_end.stores.readings
    return ShowHealth(
        head_end.stores.registry,
        readings,
        lambda: readings.is_spooling,
        head_end.clock,
        loop_lag_p99_s=loop.lag_p99_s,
    )


def _show_lines(head_end: HeadEnd) -> ShowLines:
    stores = head_end.stores
    return ShowLines(
        stores.registry,
        head_end.gateway,
        lambda: head_end.collection.silent,
        parkings=stores.parkings,
        clock=head_end.clock,
    )


async def serve(head_end: HeadEnd, host: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Collect and serve until cancelled; ConfigError when the port cannot be had."""
    loop = LoopWatch(head_end.clock)
    app = create_app(api_services(head_end, loop))
    async with asyncio.TaskGroup() as group:
        collecting = group.create_task(head_end.run(), name="collecting")
        watching = group.create_task(loop.run(), name="loop watch")
        try:
            await serve_app(app, host, port, on_ready)
        finally:
            collecting.cancel()
            watching.cancel()
