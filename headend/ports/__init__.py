"""What the head-end needs of the outside, as small protocols; one file for each subject.

Each port has one contract suite that runs over every implementation.
"""

from headend.ports.billing import BillingLedger as BillingLedger
from headend.ports.billing import Exporter as Exporter
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
from headend.ports.readings import PreviousReadings as PreviousReadings
from headend.ports.readings import ReadingSink as ReadingSink
from headend.ports.readings import ReadingStore as ReadingStore
from headend.ports.users import UserDirectory as UserDirectory
