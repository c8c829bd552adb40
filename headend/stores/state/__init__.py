"""State in a relational database: who is metered, what was billed, what happened, who may come in."""

from headend.stores.state.billing import SqlBillingLedger
from headend.stores.state.clocks import SqlClockBook
from headend.stores.state.database import StateDatabase
from headend.stores.state.events import SqlEventLog
from headend.stores.state.field_readings import SqlFieldReadingBook
from headend.stores.state.fleet_book import SqlFleetBook
from headend.stores.state.gap_ledger import SqlGapLedger
from headend.stores.state.identity import SqlIdentityBook
from headend.stores.state.identity_cases import SqlExchangeLedger
from headend.stores.state.kpi_ledger import SqlKpiLedger
from headend.stores.state.meter_states import SqlStateBook
from headend.stores.state.migration import migrate
from headend.stores.state.parkings import SqlParkings
from headend.stores.state.registry import SqlMeterRegistry
from headend.stores.state.routes import SqlRoutes
from headend.stores.state.special_reads import SqlPlanProgress, SqlSpecialReads
from headend.stores.state.topology import SqlTopology
from headend.stores.state.users import SqlUserDirectory
from headend.stores.state.ways import SqlWayBook

__all__ = [
    "SqlBillingLedger",
    "SqlClockBook",
    "SqlEventLog",
    "SqlExchangeLedger",
    "SqlFieldReadingBook",
    "SqlFleetBook",
    "SqlGapLedger",
    "SqlIdentityBook",
    "SqlKpiLedger",
    "SqlMeterRegistry",
    "SqlParkings",
    "SqlPlanProgress",
    "SqlRoutes",
    "SqlSpecialReads",
    "SqlStateBook",
    "SqlTopology",
    "SqlUserDirectory",
    "SqlWayBook",
    "StateDatabase",
    "migrate",
]
