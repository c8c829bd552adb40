"""The words and shapes of meter states and of drafts, for the console."""

from __future__ import annotations

from collections.abc import Mapping

from api.console.words import N_
from headend.domain.meter_states import DraftStanding, StateKind

METER_STATES: Mapping[StateKind, str] = {
    StateKind.STOPPED: N_("stopped"),
    StateKind.REVERSED: N_("runs backwards"),
    StateKind.RUNNING_AWAY: N_("runs away"),
    StateKind.CLOCK_WRONG: N_("clock wrong"),
    StateKind.BATTERY_LOW: N_("battery low"),
    StateKind.PHASE_LOST: N_("phase lost"),
    StateKind.NO_ANSWER: N_("no answer"),
}
METER_STATE_SHAPES: Mapping[StateKind, str] = {
    StateKind.STOPPED: "cross",
    StateKind.REVERSED: "triangle",
    StateKind.RUNNING_AWAY: "triangle",
    StateKind.CLOCK_WRONG: "diamond",
    StateKind.BATTERY_LOW: "diamond",
    StateKind.PHASE_LOST: "cross",
    StateKind.NO_ANSWER: "ring",
}
DRAFT_STANDINGS: Mapping[DraftStanding, str] = {
    DraftStanding.OPEN: N_("open"),
    DraftStanding.ACCEPTED: N_("accepted"),
    DraftStanding.DISMISSED: N_("dismissed"),
}
