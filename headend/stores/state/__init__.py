"""State in a relational database: who is metered, what was billed, what happened, who may come in."""

from headend.stores.state.billing import SqlBillingLedger
from headend.stores.state.database import StateDatabase
from headend.stores.state.events import SqlEventLog
from headend.stores.state.migration import migrate
from headend.stores.state.registry import SqlMeterRegistry
from headend.stores.state.users import SqlUserDirectory

__all__ = [
    "SqlBillingLedger",
    "SqlEventLog",
    "SqlMeterRegistry",
    "SqlUserDirectory",
    "StateDatabase",
    "migrate",
]
