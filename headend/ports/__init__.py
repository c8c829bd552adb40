"""What the head-end needs of the outside, as small protocols; one file for each subject.

Each port has one contract suite that runs over every implementation.
"""

from headend.ports.billing import BillingLedger as BillingLedger
from headend.ports.billing import Exporter as Exporter
from headend.ports.clocks import BatchWatcher as BatchWatcher
from headend.ports.clocks import ClockBook as ClockBook
from headend.ports.clocks import ClockSetter as ClockSetter
from headend.ports.clocks import MeterAccess as MeterAccess
from headend.ports.environment import Clock as Clock
from headend.ports.environment import Passwords as Passwords
from headend.ports.environment import Random as Random
from headend.ports.events import EventLog as EventLog
from headend.ports.events import FeedItem as FeedItem
from headend.ports.events import LiveFeed as LiveFeed
from headend.ports.field import LineWatch as LineWatch
from headend.ports.field import MeterGateway as MeterGateway
from headend.ports.figures import DayFactsSource as DayFactsSource
from headend.ports.figures import DayQuestion as DayQuestion
from headend.ports.figures import KpiLedger as KpiLedger
from headend.ports.fleet import FleetBook as FleetBook
from headend.ports.fleet import MeterRegistry as MeterRegistry
from headend.ports.fleet import Parkings as Parkings
from headend.ports.fleet import Roster as Roster
from headend.ports.fleet import Topology as Topology
from headend.ports.gap_ledger import Absent as Absent
from headend.ports.gap_ledger import GapLedger as GapLedger
from headend.ports.gap_ledger import LedgerQuestion as LedgerQuestion
from headend.ports.gap_ledger import MemoryDepth as MemoryDepth
from headend.ports.identity import ExchangeLedger as ExchangeLedger
from headend.ports.identity import IdentityBook as IdentityBook
from headend.ports.identity import IdentityCheck as IdentityCheck
from headend.ports.identity import IdentityVerdict as IdentityVerdict
from headend.ports.meter_states import StateBook as StateBook
from headend.ports.plans import PlanMeters as PlanMeters
from headend.ports.plans import PlanProgress as PlanProgress
from headend.ports.plans import SpecialReads as SpecialReads
from headend.ports.readings import PreviousReadings as PreviousReadings
from headend.ports.readings import ReadingSink as ReadingSink
from headend.ports.readings import ReadingStore as ReadingStore
from headend.ports.routes import Routes as Routes
from headend.ports.tables import IntervalSource as IntervalSource
from headend.ports.tables import SlotReadings as SlotReadings
from headend.ports.tables import TableWriter as TableWriter
from headend.ports.users import UserDirectory as UserDirectory
from headend.ports.ways import FieldReadingBook as FieldReadingBook
from headend.ports.ways import WayBook as WayBook
from headend.ports.ways import WayWatch as WayWatch
