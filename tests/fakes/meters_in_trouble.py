"""Meters with something wrong, for pages to show."""

from __future__ import annotations

from datetime import timedelta

from headend.domain.meter_states import MeterState, StateKind
from headend.shipped import config_root
from headend.state_files import state_terms
from tests.fakes.api_services import Site

EVIDENCE = {
    StateKind.STOPPED: "no step since 2026-11-24T04:00:00Z while 6.25 kWh should have been counted",
    StateKind.CLOCK_WRONG: "clock_offset 901 measured 2026-11-24T10:15:01Z received 2026-11-24T10:00:00Z",
    StateKind.PHASE_LOST: "voltage_l1 230.1; voltage_l2 12.4; voltage_l3 229.7",
    StateKind.NO_ANSWER: "event meter_silent at 2026-11-24T09:00:00Z: time-out",
}


async def trouble(site: Site) -> None:
    """One of each of four kinds; one is over, one is decided."""
    terms, now = state_terms(config_root()), site.clock.now()
    for number, (kind, words) in enumerate(EVIDENCE.items(), start=5):
        since = now - timedelta(hours=number)
        state = MeterState(number, kind, since, words, terms.version, since)
        await site.states.open(state, terms.actions[kind])
    await site.states.close(2, now, "clock_offset 0 measured and received now")
    await site.services.decide_drafts.accept(1, "ada", "team 2, Friday")
