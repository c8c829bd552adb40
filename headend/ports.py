"""What the head-end needs of the outside, as small protocols.

Each port has one contract suite that runs over every implementation.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from headend.domain.billing import BillingBatch, BillingLine, BillingPeriod, BillingRefusal
from headend.domain.collection import MeterAnswer
from headend.domain.events import EndDeviceEvent
from headend.domain.kpi import KpiDay, KpiEvidence, KpiFigure, KpiPoint, MetricDay, ScopeKind
from headend.domain.line_health import LineHealth
from headend.domain.meter_days import DayFacts, DueWindows, FleetColumns
from headend.domain.metering import MeterInstallation, MeterRegistration
from headend.domain.parking import Parking
from headend.domain.readings import Ints, RawFrame, Reading, ReadingBatch, StoredReading
from headend.domain.topology import GridNode, NodeKind, Placement, SupplyLink, SupplyPath
from headend.domain.users import Session, User


class Clock(Protocol):
    """Time. The only way to it."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; cancellation passes."""
        ...


class Random(Protocol):
    """Chance. The only way to it."""

    def token(self, size: int) -> str:
        """URL-safe text of `size` unguessable bytes."""
        ...

    def uniform(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        ...


class Passwords(Protocol):
    """A slow password hash."""

    async def hash(self, password: str) -> str:
        """Text to keep instead of the password."""
        ...

    async def verify(self, kept: str | None, password: str) -> bool:
        """Whether it is the password; takes as long for None (nobody has this name)."""
        ...


class MeterRegistry(Protocol):
    """Who is metered by what."""

    async def installations(self) -> Sequence[MeterInstallation]:
        """All open installations, ordered by id."""
        ...

    async def installation(self, installation_id: int) -> MeterInstallation:
        """One installation; UnknownMeter if there is none."""
        ...

    async def register(self, registrations: Sequence[MeterRegistration]) -> int:
        """Add all or none; Conflict names the first row that contradicts. Returns how many were added."""
        ...


class Roster(Protocol):
    """Which meters are asked by themselves. A registry is a roster of everybody."""

    async def installations(self) -> Sequence[MeterInstallation]:
        """The open installations that are polled now, ordered by id."""
        ...


class Topology(Protocol):
    """The grid between substation and usage point, with dates; nothing in it is overwritten."""

    async def place(self, placements: Sequence[Placement]) -> int:
        """Apply all or none in their order; returns how many changed something.

        Nodes that are not there are made. Conflict names the first placement that begins no later than the link
        it would end, or whose usage point is not known.
        """
        ...

    async def nodes(self, kind: NodeKind | None = None) -> Sequence[GridNode]:
        """All nodes, or those of a kind, by name."""
        ...

    async def node(self, kind: NodeKind, name: str) -> GridNode:
        """One node; UnknownNode if there is none."""
        ...

    async def members(self, node_id: int, at: datetime) -> Ints:
        """The sorted ids of all usage points that the node feeds at an instant, however far below."""
        ...

    async def path(self, usage_point_id: int, at: datetime) -> SupplyPath:
        """What feeds a usage point at an instant, up to the substation; empty when nothing is known."""
        ...

    async def history(self, usage_point_id: int) -> Sequence[SupplyLink]:
        """Every link that the usage point had, oldest first."""
        ...


class Parkings(Protocol):
    """Which meters are parked, and were."""

    async def park(self, parking: Parking) -> Parking:
        """Keep a new parking; UnknownMeter, Conflict when it overlaps another of the same meter."""
        ...

    async def end(self, installation_id: int, at: datetime, by: str) -> Parking:
        """End the parking that holds at this instant; Conflict when there is none."""
        ...

    async def end_expired(self, now: datetime) -> Sequence[Parking]:
        """Close those whose end has passed by itself and that are not closed yet; returns them."""
        ...

    async def between(self, start: datetime, end: datetime) -> Sequence[Parking]:
        """All that overlap [start, end), by installation and time."""
        ...

    async def history(self, installation_id: int) -> Sequence[Parking]:
        """All of one meter, newest first."""
        ...


class FleetBook(Protocol):
    """The fleet as columns, for questions that are about everybody."""

    async def fleet_on(self, day: MetricDay) -> FleetColumns:
        """Every installation that was not gone before the day, and where it stood when the day ended."""
        ...

    async def names(self, kind: ScopeKind) -> Mapping[int, str]:
        """The names of the scopes of this kind; the line's is its URL."""
        ...


@dataclass(frozen=True, slots=True)
class DayQuestion:
    """What is asked of the readings of a day: for which rows of the fleet, in which windows, by which limits.

    A register counts as read at the day's end within `edge_s` of it; a slot as timely when its first reading was
    here `timely_s` after its end; a meter as heard when it told its register in the `heard_days` up to the day's end.
    """

    day: MetricDay
    installation: Ints
    windows: DueWindows
    type_id: int
    edge_s: int
    timely_s: int
    heard_days: int


class DayFactsSource(Protocol):
    """A reading store that can tell what came on a day, by columns."""

    async def day_facts(self, question: DayQuestion) -> DayFacts:
        """The facts of each asked row, in their order. Estimated values are no readings."""
        ...


class KpiLedger(Protocol):
    """Computed figures with the evidence they stand on; kept, never changed."""

    async def keep(self, computed: KpiDay, figures: Sequence[KpiFigure], evidence: KpiEvidence) -> KpiDay:
        """Keep one computation, whole; it is in force from now on."""
        ...

    async def computations(self, kpi: str, day: date) -> Sequence[KpiDay]:
        """All computations of a KPI for a day, the one in force first."""
        ...

    async def points(self, start: date, end: date, kind: ScopeKind) -> Sequence[KpiPoint]:
        """The figures in force of the days start to end (both in) for the scopes of a kind, by KPI, day and name."""
        ...

    async def evidence(self, computed_id: int) -> KpiEvidence:
        """What each meter put into a computation."""
        ...

    async def digest_of(self, kpi: str, version: int) -> str | None:
        """The digest that the first figures of this version remember; None when there are none."""
        ...


class ReadingSink(Protocol):
    """Takes readings and returns when they are durable."""

    async def accept(self, readings: Sequence[Reading]) -> None:
        """Validate, mark and keep."""
        ...


@dataclass(frozen=True, slots=True)
class PreviousReadings:
    """For each asked row the newest billable reading before it; `measured_at` is -1 where there is none."""

    measured_at: Ints
    value: Ints


class ReadingStore(Protocol):
    """Append-only readings; a correction is a new version and every query gives the newest one.

    All methods raise StoreUnavailable when the store cannot serve; an append is then not done at all.
    """

    async def append(self, batch: ReadingBatch) -> int:
        """Keep the rows that are not there yet with the same value, marks and times; returns their number.

        Durable on return. A known key with another value gets a higher version.
        """
        ...

    async def previous(self, batch: ReadingBatch) -> PreviousReadings:
        """The newest billable reading of the same key strictly before each row of the batch."""
        ...

    async def series(
        self, installation_id: int, type_ids: Sequence[int], start: datetime, end: datetime
    ) -> Sequence[StoredReading]:
        """Newest versions with start <= measured_at < end, by type and time."""
        ...

    async def history(self, installation_id: int, type_id: int, measured_at: datetime) -> Sequence[StoredReading]:
        """Every version of one reading, oldest first."""
        ...

    async def latest(self, installation_id: int) -> Sequence[StoredReading]:
        """The newest reading of each type, by type."""
        ...

    async def edges(
        self, type_ids: Sequence[int], edge: datetime, tolerance_s: float
    ) -> Mapping[tuple[int, int], StoredReading]:
        """For (installation, type) the reading nearest to the edge within tolerance; earlier wins ties."""
        ...

    async def slots_present(self, type_id: int, start: datetime, slot_s: int, slots: int) -> Mapping[int, Ints]:
        """For each installation the sorted slots, counted from `start`, that hold a reading."""
        ...

    async def last_received(self, since: datetime) -> Mapping[int, datetime]:
        """For each installation that was heard since then, when it was last heard."""
        ...

    async def frame(self, frame_id: int) -> RawFrame | None:
        """The raw frame of a reading."""
        ...


class BillingLedger(Protocol):
    """Closed billing batches; nothing in it changes any more."""

    async def close(
        self,
        period: BillingPeriod,
        closed_at: datetime,
        lines: Sequence[BillingLine],
        refusals: Sequence[BillingRefusal],
    ) -> BillingBatch:
        """Freeze a batch; Conflict when the period is closed already."""
        ...

    async def batches(self) -> Sequence[BillingBatch]:
        """All batches, newest first."""
        ...

    async def batch(self, batch_id: int) -> BillingBatch:
        """One batch; UnknownBillingBatch if there is none."""
        ...

    async def lines(self, batch_id: int) -> Sequence[BillingLine]:
        """The lines of a batch in their frozen order."""
        ...

    async def refusals(self, batch_id: int) -> Sequence[BillingRefusal]:
        """The refusals of a batch in their frozen order."""
        ...


class EventLog(Protocol):
    """What happened."""

    async def record(self, event: EndDeviceEvent) -> None:
        """Keep an event."""
        ...

    async def recent(self, limit: int, installation_id: int | None = None) -> Sequence[EndDeviceEvent]:
        """The newest events first."""
        ...


class UserDirectory(Protocol):
    """People who may come in, and their sessions."""

    async def user_named(self, name: str) -> User | None:
        """The user with this name."""
        ...

    async def add_user(self, user: User) -> User:
        """Add a user; Conflict when the name is taken."""
        ...

    async def count_users(self) -> int:
        """How many users there are."""
        ...

    async def open_session(self, session: Session) -> None:
        """Keep a session under the hash of its token."""
        ...

    async def session(self, token_hash: str) -> tuple[Session, User] | None:
        """The session with this token hash and its user, expired or not."""
        ...

    async def close_session(self, token_hash: str) -> None:
        """Forget a session."""
        ...


class MeterGateway(Protocol):
    """The way to the meters."""

    async def read(self, installation: MeterInstallation, items: Sequence[str], deadline_s: float) -> MeterAnswer:
        """Read items now (the meter's periodic ones when empty), ahead of scheduled work; QueueFull, LineDown."""
        ...

    async def read_daily_freeze(self, installation: MeterInstallation, days: Sequence[int]) -> MeterAnswer:
        """The registers frozen at midnight, 1 = the newest; empty for meters that have none."""
        ...

    async def read_load_profile(self, installation: MeterInstallation, start: datetime, slots: int) -> MeterAnswer:
        """Registers at slot boundaries from the meter's own memory; empty for meters that have none."""
        ...


class LineWatch(Protocol):
    """What lines tell of themselves."""

    def health(self) -> Mapping[str, LineHealth]:
        """How each line is that was ever used, by its URL."""
        ...


class Exporter(Protocol):
    """Turns a billing batch into the bytes of one format; the same batch gives the same bytes."""

    media_type: str
    suffix: str

    def render(self, batch: BillingBatch, lines: Sequence[BillingLine], refusals: Sequence[BillingRefusal]) -> bytes:
        """The whole file."""
        ...


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One thing that watchers of the console see: a kind and flat text fields."""

    kind: str
    fields: Mapping[str, str]


class LiveFeed(Protocol):
    """What is happening now, for those who watch. A slow watcher loses its oldest items, nobody else's."""

    def publish(self, item: FeedItem) -> None:
        """Tell every watcher; never blocks."""
        ...

    def watch(self) -> AsyncIterator[FeedItem]:
        """Items from now on."""
        ...
