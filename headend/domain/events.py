"""Events of the head-end: what happened, to whom, when. Severity is for people who watch at night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What can happen."""

    METER_SILENT = "meter_silent"
    METER_BACK = "meter_back"
    MESSAGES_LOST = "messages_lost"
    LINE_DOWN = "line_down"
    LINE_UP = "line_up"
    LINE_RESTARTED = "line_restarted"
    COLLECTOR_REPLACED = "collector_replaced"
    METER_EXCHANGED = "meter_exchanged"
    CABLES_SWAPPED = "cables_swapped"
    WRONG_ADDRESS = "wrong_address"
    ADDRESS_SHARED = "address_shared"
    STRANGER_ANSWERS = "stranger_answers"
    EXCHANGE_PLANNED = "exchange_planned"
    EXCHANGE_CONFIRMED = "exchange_confirmed"
    EXCHANGE_REJECTED = "exchange_rejected"
    WAY_CHANGED = "way_changed"
    WAYS_EDITED = "ways_edited"
    WAYS_DISAGREE = "ways_disagree"
    READINGS_IMPORTED = "readings_imported"
    READING_ENTERED = "reading_entered"
    CLOCK_JUMPED = "clock_jumped"
    CLOCK_CORRECTED = "clock_corrected"
    SERVER_CLOCK_JUMPED = "server_clock_jumped"
    METER_STATE_OPENED = "meter_state_opened"
    METER_STATE_CLOSED = "meter_state_closed"
    READING_SUSPECT = "reading_suspect"
    STORE_DOWN = "store_down"
    STORE_UP = "store_up"
    READINGS_REFUSED = "readings_refused"
    BILLING_CLOSED = "billing_closed"
    METERS_IMPORTED = "meters_imported"
    METER_PARKED = "meter_parked"
    METER_UNPARKED = "meter_unparked"
    TOPOLOGY_CHANGED = "topology_changed"
    PLAN_BEHIND = "plan_behind"
    SPECIAL_READ_MISSED = "special_read_missed"
    SPECIAL_READ_CHANGED = "special_read_changed"
    ROUTE_CHANGED = "route_changed"
    KPI_COMPUTED = "kpi_computed"
    KPI_FAILED = "kpi_failed"
    SERVER_STARTED = "server_started"
    SIGNED_IN = "signed_in"


@dataclass(frozen=True, slots=True)
class EndDeviceEvent:
    """One event at an aware instant; `installation_id` is None when it concerns no meter."""

    kind: EventKind
    occurred_at: datetime
    detail: str = ""
    installation_id: int | None = None
    id: int = 0
