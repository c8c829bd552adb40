"""What the API is given: services and queries of one head-end. It builds none of them."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from headend.domain.alarms import AlarmCatalogue
from headend.domain.reading_types import ReadingTypeTable
from headend.ports import BillingLedger, Clock, EventLog, LiveFeed, MeterRegistry
from headend.queries.fleet import ShowFleet
from headend.queries.gap_days import ShowGapDays
from headend.queries.gap_ledger import ShowGapLedger
from headend.queries.gaps import ListGaps
from headend.queries.grid import ShowGrid
from headend.queries.health import ShowHealth
from headend.queries.identity import ShowIdentity
from headend.queries.kpi import ShowKpis
from headend.queries.lines import ShowLines
from headend.queries.meter import ShowMeter
from headend.queries.plans import ShowPlans
from headend.queries.ways import ShowWays
from headend.services.close_billing_period import CloseBillingPeriod
from headend.services.compute_kpis import ComputeKpis
from headend.services.correct_clock import CorrectClock
from headend.services.decide_drafts import DecideDrafts
from headend.services.design_routes import DesignRoutes
from headend.services.edit_ways import EditWays
from headend.services.enter_reading import EnterReading
from headend.services.exchange_meter import ExchangeMeter
from headend.services.export_billing import ExportBilling
from headend.services.export_tables import ExportTables
from headend.services.import_meters import ImportMeters
from headend.services.import_readings import ImportReadings
from headend.services.import_routes import ImportRoutes
from headend.services.import_topology import ImportTopology
from headend.services.keep_gap_ledger import KeepGapLedger
from headend.services.park_meters import ParkMeters
from headend.services.read_now import ReadNow
from headend.services.sign_in import SignIn
from headend.services.special_reads import ReadOnSpecialDates


@dataclass(frozen=True, slots=True)
class ApiServices:
    """Everything a route may use."""

    site_name: str
    zone: ZoneInfo
    clock: Clock
    types: ReadingTypeTable
    registry: MeterRegistry
    events: EventLog
    ledger: BillingLedger
    feed: LiveFeed
    sign_in: SignIn
    show_fleet: ShowFleet
    show_meter: ShowMeter
    show_health: ShowHealth
    list_gaps: ListGaps
    show_gap_days: ShowGapDays
    show_gap_ledger: ShowGapLedger
    keep_gap_ledger: KeepGapLedger
    export_tables: ExportTables
    read_now: ReadNow
    close_billing: CloseBillingPeriod
    export_billing: ExportBilling
    import_meters: ImportMeters
    show_grid: ShowGrid
    import_topology: ImportTopology
    park_meters: ParkMeters
    exchange_meter: ExchangeMeter
    correct_clock: CorrectClock
    decide_drafts: DecideDrafts
    show_identity: ShowIdentity
    compute_kpis: ComputeKpis
    show_kpis: ShowKpis
    show_lines: ShowLines
    show_plans: ShowPlans
    special_reads: ReadOnSpecialDates
    design_routes: DesignRoutes
    import_routes: ImportRoutes
    edit_ways: EditWays
    show_ways: ShowWays
    import_readings: ImportReadings
    enter_reading: EnterReading
    alarms: AlarmCatalogue
