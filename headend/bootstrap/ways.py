"""Many ways to one meter, put together: who steers, who edits, who shows, and what people bring by hand."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from collectors.ways import WaySteering
from headend.bootstrap.field import Field
from headend.bootstrap.stores import Stores
from headend.ports import Clock, ReadingSink
from headend.queries.ways import ShowWays
from headend.services.edit_ways import EditWays
from headend.services.enter_reading import EnterReading, KeepFieldReadings
from headend.services.import_readings import ImportReadings


@dataclass(frozen=True, slots=True)
class Ways:
    """`steering` is for collectors, the others for people."""

    steering: WaySteering
    edit: EditWays
    show: ShowWays
    import_readings: ImportReadings
    enter_reading: EnterReading


def build_steering(stores: Stores, field: Field, clock: Clock) -> WaySteering:
    """Over the book of ways of a site."""
    return WaySteering(stores.ways, clock=clock, events=stores.events, identity_item=field.identity_item)


def build_ways(
    steering: WaySteering, stores: Stores, field: Field, sink: ReadingSink, *, zone: ZoneInfo, clock: Clock
) -> Ways:
    """`sink` is where readings go in."""
    registry, events = stores.registry, stores.events
    keep = KeepFieldReadings(stores.field_readings, sink, field.types, clock)
    return Ways(
        steering,
        EditWays(
            registry,
            stores.ways,
            field.check_route,
            zone=zone,
            clock=clock,
            events=events,
            changed=steering.forget,
        ),
        ShowWays(registry, stores.ways, steering, stores.field_readings, clock),
        ImportReadings(registry, stores.readings, keep, field.types, zone=zone, clock=clock, events=events),
        EnterReading(registry, keep, field.types, clock=clock, events=events),
    )
