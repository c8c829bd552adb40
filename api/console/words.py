"""The words of the console for every closed set: states, marks, sources, events, errors. Shapes and colours with them.

`N_` only marks a text for the catalogue; it is translated where it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping

from headend.domain.alarms import AlarmSeverity
from headend.domain.billing import RefusalReason
from headend.domain.clock_correction import Outcome as ClockOutcome
from headend.domain.clock_correction import Remedy
from headend.domain.collection import ItemError
from headend.domain.events import EventKind
from headend.domain.gap_ledger import GapReason
from headend.domain.identity import IdentityFinding
from headend.domain.kpi import Exclusion, Measure, ScopeKind
from headend.domain.line_health import LineStanding
from headend.domain.metering import CustomerClass, Protocol
from headend.domain.parking import ParkingReason
from headend.domain.quality import MEANINGS, ReadingQuality, Severity
from headend.domain.readings import ReadingSource
from headend.domain.topology import NodeKind
from headend.domain.users import Role
from headend.domain.ways import WayReason
from headend.queries.fleet import MeterState
from headend.queries.kpi import Outcome
from headend.queries.ways import WayState


def N_(text: str) -> str:
    """Mark for the catalogue."""
    return text


STATES: Mapping[MeterState, str] = {
    MeterState.OK: N_("heard"),
    MeterState.LATE: N_("late"),
    MeterState.SILENT: N_("silent"),
    MeterState.NEVER: N_("never heard"),
    MeterState.PARKED: N_("parked"),
}
STATE_SHAPES: Mapping[MeterState, str] = {
    MeterState.OK: "disc",
    MeterState.LATE: "diamond",
    MeterState.SILENT: "ring",
    MeterState.NEVER: "dashed",
    MeterState.PARKED: "pause",
}
QUALITIES: Mapping[ReadingQuality, str] = {
    ReadingQuality.TIME_FROM_HEADEND: N_("time from head-end"),
    ReadingQuality.ROUNDED: N_("rounded"),
    ReadingQuality.ROLLOVER: N_("register rolled over"),
    ReadingQuality.OUT_OF_RANGE: N_("out of range"),
    ReadingQuality.NOT_MONOTONIC: N_("register went back"),
    ReadingQuality.SPIKE: N_("spike"),
    ReadingQuality.CLOCK_OFFSET: N_("meter clock is off"),
    ReadingQuality.WRONG_UNIT: N_("wrong unit"),
    ReadingQuality.ESTIMATED: N_("estimated"),
    ReadingQuality.CONFLICTING: N_("conflicting values"),
    ReadingQuality.IDENTITY_DOUBTED: N_("perhaps another meter"),
    ReadingQuality.CLOCK_JUMPED: N_("meter clock has jumped"),
    ReadingQuality.WAYS_DISAGREE: N_("two ways disagree"),
    ReadingQuality.DATE_DOUBTED: N_("day and month may be swapped"),
}
SEVERITY_SHAPES: Mapping[Severity, str] = {
    Severity.INFO: "info",
    Severity.WARN: "diamond",
    Severity.FAIL: "triangle",
}
SOURCES: Mapping[ReadingSource, str] = {
    ReadingSource.SCHEDULED: N_("scheduled"),
    ReadingSource.ON_DEMAND: N_("read now"),
    ReadingSource.DAILY_FREEZE: N_("daily freeze"),
    ReadingSource.LOAD_PROFILE: N_("load profile"),
    ReadingSource.PUSHED: N_("sent by the meter"),
    ReadingSource.EXCHANGE: N_("told at an exchange"),
    ReadingSource.HAND_HELD: N_("read by hand-held"),
    ReadingSource.MANUAL: N_("entered by hand"),
}
CLOCK_REMEDIES: Mapping[Remedy, str] = {
    Remedy.NONE: N_("nothing to do"),
    Remedy.BROADCAST: N_("broadcast to the line"),
    Remedy.WRITE_TIME: N_("time written"),
    Remedy.WRITE_DATE: N_("date written"),
    Remedy.PERSON: N_("for a person on site"),
}
CLOCK_OUTCOMES: Mapping[ClockOutcome, str] = {
    ClockOutcome.SENT: N_("sent, nothing known yet"),
    ClockOutcome.CORRECTED: N_("corrected"),
    ClockOutcome.NOT_MOVED: N_("did not move"),
    ClockOutcome.REFUSED: N_("refused by the meter"),
    ClockOutcome.UNKNOWN: N_("unknown whether it was obeyed"),
}
EVENTS: Mapping[EventKind, str] = {
    EventKind.METER_SILENT: N_("Meter silent"),
    EventKind.METER_BACK: N_("Meter is back"),
    EventKind.MESSAGES_LOST: N_("Messages lost"),
    EventKind.METER_EXCHANGED: N_("Meter exchanged"),
    EventKind.CABLES_SWAPPED: N_("Cables swapped"),
    EventKind.WRONG_ADDRESS: N_("Meter under a wrong address"),
    EventKind.ADDRESS_SHARED: N_("Two meters on one address"),
    EventKind.STRANGER_ANSWERS: N_("Unknown meter"),
    EventKind.EXCHANGE_PLANNED: N_("Exchange planned"),
    EventKind.EXCHANGE_CONFIRMED: N_("Exchange confirmed"),
    EventKind.EXCHANGE_REJECTED: N_("Exchange rejected"),
    EventKind.LINE_DOWN: N_("Line down"),
    EventKind.LINE_UP: N_("Line up"),
    EventKind.LINE_RESTARTED: N_("Line restarted"),
    EventKind.COLLECTOR_REPLACED: N_("Collector process replaced"),
    EventKind.WAY_CHANGED: N_("Another way is used"),
    EventKind.WAYS_EDITED: N_("Ways edited"),
    EventKind.WAYS_DISAGREE: N_("Two ways disagree"),
    EventKind.READINGS_IMPORTED: N_("Hand-held file imported"),
    EventKind.READING_ENTERED: N_("Reading entered by hand"),
    EventKind.CLOCK_JUMPED: N_("Meter clock jumped"),
    EventKind.CLOCK_CORRECTED: N_("Meter clock set"),
    EventKind.SERVER_CLOCK_JUMPED: N_("Clock of the server jumped"),
    EventKind.METER_STATE_OPENED: N_("Meter state begins"),
    EventKind.METER_STATE_CLOSED: N_("Meter state is over"),
    EventKind.READING_SUSPECT: N_("Suspect reading"),
    EventKind.STORE_DOWN: N_("Store down"),
    EventKind.STORE_UP: N_("Store up"),
    EventKind.READINGS_REFUSED: N_("Readings refused by the store"),
    EventKind.BILLING_CLOSED: N_("Billing period closed"),
    EventKind.METERS_IMPORTED: N_("Meters imported"),
    EventKind.METER_PARKED: N_("Meter parked"),
    EventKind.METER_UNPARKED: N_("Parking ended"),
    EventKind.TOPOLOGY_CHANGED: N_("Grid changed"),
    EventKind.PLAN_BEHIND: N_("Plan behind"),
    EventKind.SPECIAL_READ_MISSED: N_("Special read missed"),
    EventKind.SPECIAL_READ_CHANGED: N_("Special read"),
    EventKind.ROUTE_CHANGED: N_("Route changed"),
    EventKind.KPI_COMPUTED: N_("Figures computed"),
    EventKind.KPI_FAILED: N_("Figures not computed"),
    EventKind.SERVER_STARTED: N_("Server started"),
    EventKind.SIGNED_IN: N_("Signed in"),
}
EVENT_SHAPES: Mapping[EventKind, str] = {
    EventKind.METER_SILENT: "ring",
    EventKind.METER_BACK: "disc",
    EventKind.MESSAGES_LOST: "triangle",
    EventKind.METER_EXCHANGED: "triangle",
    EventKind.CABLES_SWAPPED: "cross",
    EventKind.WRONG_ADDRESS: "cross",
    EventKind.ADDRESS_SHARED: "cross",
    EventKind.STRANGER_ANSWERS: "triangle",
    EventKind.EXCHANGE_PLANNED: "info",
    EventKind.EXCHANGE_CONFIRMED: "disc",
    EventKind.EXCHANGE_REJECTED: "disc",
    EventKind.LINE_DOWN: "cross",
    EventKind.LINE_UP: "disc",
    EventKind.LINE_RESTARTED: "triangle",
    EventKind.COLLECTOR_REPLACED: "triangle",
    EventKind.WAY_CHANGED: "triangle",
    EventKind.WAYS_EDITED: "info",
    EventKind.WAYS_DISAGREE: "triangle",
    EventKind.READINGS_IMPORTED: "info",
    EventKind.READING_ENTERED: "info",
    EventKind.CLOCK_JUMPED: "diamond",
    EventKind.CLOCK_CORRECTED: "info",
    EventKind.SERVER_CLOCK_JUMPED: "triangle",
    EventKind.METER_STATE_OPENED: "diamond",
    EventKind.METER_STATE_CLOSED: "disc",
    EventKind.READING_SUSPECT: "triangle",
    EventKind.STORE_DOWN: "cross",
    EventKind.STORE_UP: "disc",
    EventKind.READINGS_REFUSED: "triangle",
    EventKind.BILLING_CLOSED: "info",
    EventKind.METERS_IMPORTED: "info",
    EventKind.METER_PARKED: "pause",
    EventKind.METER_UNPARKED: "disc",
    EventKind.TOPOLOGY_CHANGED: "info",
    EventKind.PLAN_BEHIND: "triangle",
    EventKind.SPECIAL_READ_MISSED: "triangle",
    EventKind.SPECIAL_READ_CHANGED: "info",
    EventKind.ROUTE_CHANGED: "info",
    EventKind.KPI_COMPUTED: "info",
    EventKind.KPI_FAILED: "triangle",
    EventKind.SERVER_STARTED: "info",
    EventKind.SIGNED_IN: "info",
}
WAY_REASONS: Mapping[WayReason, str] = {
    WayReason.FIRST: N_("as from the first day"),
    WayReason.FAILED_OVER: N_("the way before did not answer"),
    WayReason.RETURNED: N_("it answers again"),
    WayReason.NONE_ANSWERS: N_("no way answers; it is asked first"),
    WayReason.CHANGED: N_("the way before has ended"),
}
WAY_STATES: Mapping[WayState, str] = {
    WayState.USED: N_("in use"),
    WayState.READY: N_("ready"),
    WayState.DEAD: N_("does not answer"),
    WayState.UNTRIED: N_("not tried yet"),
    WayState.AHEAD: N_("not valid yet"),
    WayState.ENDED: N_("ended"),
}
WAY_SHAPES: Mapping[WayState, str] = {
    WayState.USED: "disc",
    WayState.READY: "ring",
    WayState.DEAD: "cross",
    WayState.UNTRIED: "dashed",
    WayState.AHEAD: "dashed",
    WayState.ENDED: "pause",
}
LINE_STANDINGS: Mapping[LineStanding, str] = {
    LineStanding.DOWN: N_("down"),
    LineStanding.IMPAIRED: N_("many time-outs"),
    LineStanding.UP: N_("up"),
    LineStanding.UNUSED: N_("not used yet"),
}
LINE_SHAPES: Mapping[LineStanding, str] = {
    LineStanding.DOWN: "cross",
    LineStanding.IMPAIRED: "diamond",
    LineStanding.UP: "disc",
    LineStanding.UNUSED: "dashed",
}
ALARM_SEVERITIES: Mapping[AlarmSeverity, str] = {
    AlarmSeverity.NOTE: N_("note"),
    AlarmSeverity.WARNING: N_("warning"),
    AlarmSeverity.FAULT: N_("fault"),
}
ITEM_ERRORS: Mapping[ItemError, str] = {
    ItemError.REFUSED: N_("refused by the meter"),
    ItemError.NO_ANSWER: N_("no answer"),
    ItemError.LINE_DOWN: N_("line down"),
    ItemError.INVALID_DATA: N_("the meter sent invalid data"),
    ItemError.NOT_PRESENT: N_("not present in the meter"),
    ItemError.NOT_SUPPORTED: N_("not supported"),
}
REFUSALS: Mapping[RefusalReason, str] = {
    RefusalReason.NO_READING_AT_START: N_("no reading at the start"),
    RefusalReason.NO_READING_AT_END: N_("no reading at the end"),
    RefusalReason.FAILED_VALIDATION: N_("failed validation"),
    RefusalReason.REGISTER_WENT_BACK: N_("register went back"),
    RefusalReason.METER_UNCONFIRMED: N_("another meter was found"),
}
CUSTOMER_CLASSES: Mapping[CustomerClass, str] = {
    CustomerClass.RESIDENTIAL: N_("residential"),
    CustomerClass.COMMERCIAL: N_("commercial"),
    CustomerClass.INDUSTRIAL: N_("industrial"),
    CustomerClass.STREET_LIGHTING: N_("street lighting"),
    CustomerClass.PROSUMER: N_("prosumer"),
}
IDENTITY_FINDINGS: Mapping[IdentityFinding, str] = {
    IdentityFinding.EXCHANGED: N_("Another meter answers here"),
    IdentityFinding.SWAPPED_CABLES: N_("Cables of two meters are swapped"),
    IdentityFinding.WRONG_ADDRESS: N_("A meter of another place answers here"),
    IdentityFinding.SHARED_ADDRESS: N_("Two meters answer here in turn"),
    IdentityFinding.STRANGER: N_("An unknown meter answers here"),
}
IDENTITY_REMEDIES: Mapping[IdentityFinding, str] = {
    IdentityFinding.EXCHANGED: N_("Confirm the exchange with both registers, or reject it."),
    IdentityFinding.SWAPPED_CABLES: N_("Put the cables right and reject both cases, or confirm both exchanges."),
    IdentityFinding.WRONG_ADDRESS: N_("Set the meter's own address right, then reject this case."),
    IdentityFinding.SHARED_ADDRESS: N_("Give one of the two another address, then reject or confirm."),
    IdentityFinding.STRANGER: N_("Compare nameplate and register; confirm if this meter belongs here, else reject."),
}
PARKING_REASONS: Mapping[ParkingReason, str] = {
    ParkingReason.UNDER_REPAIR: N_("under repair"),
    ParkingReason.NOT_YET_ENERGISED: N_("not yet energised"),
    ParkingReason.REMOVED: N_("removed"),
}
NODE_KINDS: Mapping[NodeKind, str] = {
    NodeKind.SUBSTATION: N_("Substation"),
    NodeKind.FEEDER: N_("Feeder"),
    NodeKind.TRANSFORMER: N_("Transformer"),
    NodeKind.METER_BOX: N_("Meter box"),
}
SCOPE_KINDS: Mapping[ScopeKind, str] = {
    ScopeKind.UTILITY: N_("Whole utility"),
    ScopeKind.SUBSTATION: N_("Substation"),
    ScopeKind.FEEDER: N_("Feeder"),
    ScopeKind.TRANSFORMER: N_("Transformer"),
    ScopeKind.LINE: N_("Line"),
    ScopeKind.CUSTOMER_CLASS: N_("Class"),
}
OUTCOMES: Mapping[Outcome, str] = {
    Outcome.MISSED: N_("missed"),
    Outcome.EXCLUDED: N_("not counted"),
    Outcome.MET: N_("complete"),
}
OUTCOME_SHAPES: Mapping[Outcome, str] = {
    Outcome.MISSED: "triangle",
    Outcome.EXCLUDED: "pause",
    Outcome.MET: "disc",
}
EXCLUSION_WORDS: Mapping[Exclusion, str] = {
    Exclusion.NOT_YET_INSTALLED: N_("not yet installed on that day"),
    Exclusion.INSTALLED_THAT_DAY: N_("installed in the course of that day"),
    Exclusion.REMOVED: N_("removed before the day ended"),
    Exclusion.PARKED: N_("parked on that day"),
    Exclusion.PARKED_ALL_DAY: N_("parked all day"),
    Exclusion.NOTHING_DUE: N_("no quarter of an hour was due"),
    Exclusion.CLOCK_NOT_SEEN: N_("no reading showed its clock"),
}
MEASURE_WORDS: Mapping[Measure, str] = {
    Measure.INSTALLED: N_("meters installed"),
    Measure.HEARD: N_("meters heard"),
    Measure.REGISTER_AT_DAY_END: N_("meters with the day's register"),
    Measure.DUE_SLOTS: N_("quarters due"),
    Measure.RECEIVED_SLOTS: N_("quarters with a reading"),
    Measure.TIMELY_SLOTS: N_("quarters read in time"),
    Measure.CLOCK_SEEN: N_("meters whose clock was seen"),
    Measure.CLOCK_CORRECT: N_("meters with a correct clock"),
}
GAP_REASONS: Mapping[GapReason, str] = {
    GapReason.NEVER_ASKED: N_("never asked"),
    GapReason.LINE_DOWN: N_("line down"),
    GapReason.METER_SILENT: N_("meter silent"),
    GapReason.REFUSED: N_("refused by the meter"),
    GapReason.NOT_SUPPORTED: N_("the meter keeps no load records"),
    GapReason.CORRUPT: N_("answers were damaged or disagreed"),
    GapReason.PARKED: N_("parked"),
    GapReason.STORE_DOWN: N_("the store could not take it"),
    GapReason.NO_RECORD: N_("the meter has no such record"),
    GapReason.OLDER_THAN_MEMORY: N_("older than the meter's memory"),
    GapReason.CLOCK_WRONG: N_("the meter's clock was wrong"),
}
GAP_SHAPES: Mapping[GapReason, str] = {
    GapReason.NEVER_ASKED: "dashed",
    GapReason.LINE_DOWN: "cross",
    GapReason.METER_SILENT: "ring",
    GapReason.REFUSED: "triangle",
    GapReason.NOT_SUPPORTED: "info",
    GapReason.CORRUPT: "triangle",
    GapReason.PARKED: "pause",
    GapReason.STORE_DOWN: "cross",
    GapReason.NO_RECORD: "diamond",
    GapReason.OLDER_THAN_MEMORY: "diamond",
    GapReason.CLOCK_WRONG: "triangle",
}
PROTOCOLS: Mapping[Protocol, str] = {  # names of standards are not translated
    Protocol.DLT645: "DL/T 645",
    Protocol.MODBUS: "Modbus",
    Protocol.MQTT: "MQTT",
    Protocol.GDW1376: "Q/GDW 376.1",
    Protocol.DLT698: "DL/T 698.45",
}
ROLES: Mapping[Role, str] = {
    Role.VIEWER: N_("viewer"),
    Role.OPERATOR: N_("operator"),
    Role.BILLING: N_("billing"),
    Role.ADMIN: N_("administrator"),
}
PROBLEMS: Mapping[str, str] = {
    "no-answer": N_("The meter did not answer."),
    "line-down": N_("The line to the meter is down."),
    "meter-refused": N_("The meter refused."),
    "queue-full": N_("The line is busy; try again in a moment."),
    "unknown-meter": N_("There is no such meter."),
    "unknown-billing-batch": N_("There is no such batch."),
    "unknown-frame": N_("There is no such frame."),
    "unknown-alarm": N_("There is no alarm with this code."),
    "unknown-draft": N_("There is no such draft."),
    "unknown-line": N_("There is no such line."),
    "unknown-kpi": N_("There are no such figures."),
    "unknown-node": N_("There is no such place in the grid."),
    "store-unavailable": N_("A store is not available; try again in a moment."),
    "not-permitted": N_("Your role does not allow this."),
    "not-authorised": N_("Name or password is wrong."),
    "too-many-attempts": N_("Too many attempts; wait a minute."),
    "cross-site-request": N_("This request came from a page of another site."),
    "conflict": N_("This contradicts what is already there."),
    "invalid-request": N_("The request is not valid."),
}
STATUS_PROBLEMS: Mapping[int, str] = {
    404: N_("There is no such page."),
    405: N_("This cannot be done here."),
    500: N_("Something went wrong; the log of the server has the details."),
}
ANY_PROBLEM = N_("That did not work.")


def mark_shape(mark: ReadingQuality) -> str:
    """The shape that tells how bad a mark is."""
    return SEVERITY_SHAPES[MEANINGS[mark].severity]


def problem_words(kind: str, status: int) -> str:
    """What to say of a problem; `kind` is the end of its type."""
    return PROBLEMS.get(kind.rpartition(":")[2]) or STATUS_PROBLEMS.get(status, ANY_PROBLEM)
