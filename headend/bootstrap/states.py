"""States of meters, put together: what judges them, what keeps them, and what people decide."""

from __future__ import annotations

from dataclasses import dataclass

from headend import shipped
from headend.bootstrap.line_journal import LineJournal
from headend.bootstrap.stores import Stores
from headend.domain.reading_types import ReadingTypeTable
from headend.ports import Clock, EventLog
from headend.services.decide_drafts import DecideDrafts
from headend.services.judge_states import JudgeStates
from headend.services.keep_meter_states import KeepMeterStates, StatesHearing
from headend.services.meter_facts import MeterFacts
from headend.state_files import StateTerms, state_terms


@dataclass(frozen=True, slots=True)
class States:
    """`keep` is what judges tell, `decide` is for people; who records silences in `events` tells `keep` too."""

    terms: StateTerms
    keep: KeepMeterStates
    decide: DecideDrafts
    events: EventLog

    def judge(self, facts: MeterFacts, types: ReadingTypeTable) -> JudgeStates:
        """What follows batches."""
        return JudgeStates(self.terms.rules.all(), self.keep, facts, types)


@dataclass(frozen=True, slots=True)
class Listening:
    """Who hears what happens beside readings."""

    journal: LineJournal
    states: States


async def open_listening(stores: Stores, clock: Clock) -> Listening:
    """By the shipped terms, with what an earlier life left standing."""
    terms = state_terms(shipped.config_root())
    keep = KeepMeterStates(stores.states, terms.actions, terms.version, clock=clock, events=stores.events)
    await keep.load()
    events = StatesHearing(stores.events, keep)
    states = States(terms, keep, DecideDrafts(stores.states, clock), events)
    return Listening(LineJournal(events, clock), states)
