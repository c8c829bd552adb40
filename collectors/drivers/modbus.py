"""Modbus driver: reads registers by the profile and tells them as values. Holds no line; it only ever reads.

These meters keep no clock and no history that is read here: values are stamped by the head-end, freezes stay empty.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from collectors.conversation import Conversation, LineParser
from collectors.driver import Site
from collectors.profiles import ModbusProfile, ModbusRegister, TextRegister, Timing
from collectors.register_blocks import Place, RegisterBlock, blocks
from collectors.register_parts import Parts
from collectors.register_plan import Outcomes, Plan, Wanted, plan_of
from collectors.register_reads import Failed, Heard, RegisterReads, framing_of
from collectors.session import PATIENCE, MeterSession
from collectors.sunspec_meters import PROFILE, SunSpecMeters
from headend.domain.collection import ItemError, MeterAnswer
from headend.domain.metering import Line, MeterInstallation
from headend.domain.readings import ReadingSource
from protocols import modbus
from protocols.modbus.exceptions import ILLEGAL_ADDRESS
from protocols.modbus.registers import text

MOST_PLANS = 1024  # kept; people may ask for anything, the schedule asks for a few things for ever


class ModbusDriver:
    """StreamDriver of Modbus: MBAP on TCP lines, RTU on serial ones and on TCP ones that say framing=rtu."""

    def __init__(
        self, profiles: Mapping[str, ModbusProfile], site: Site, sunspec_models: Iterable[ModbusProfile] = ()
    ) -> None:
        self._profiles, self._site = profiles, site
        self._sunspec = SunSpecMeters(sunspec_models)
        self._transactions = itertools.count(1)
        self._plans: dict[tuple[str, tuple[str, ...]], Plan] = {}

    def parser(self, line: Line) -> LineParser:
        """See StreamDriver."""
        return modbus.Connection(framing_of(line))

    def periodic_items(self, installation: MeterInstallation) -> Sequence[str]:
        """See StreamDriver."""
        if installation.meter.profile == PROFILE:
            return self._sunspec.told
        return tuple(self._profiles[installation.meter.profile].told)

    def read(
        self, installation: MeterInstallation, items: Sequence[str], source: ReadingSource
    ) -> Conversation[MeterAnswer]:
        """See StreamDriver."""
        session = MeterSession(installation, source, self._site)
        if installation.meter.profile == PROFILE:
            yield from self._read_sunspec(session, items)
        else:
            profile = self._profiles[installation.meter.profile]
            yield from self._read(session, self._reads(installation, profile.timing), profile, items)
        return session.answer()

    def read_daily_freeze(self, installation: MeterInstallation, days: Sequence[int]) -> Conversation[MeterAnswer]:
        """See StreamDriver."""
        yield from ()
        return MeterAnswer(installation, (), ())

    def read_load_profile(
        self, installation: MeterInstallation, start: datetime, slots: int
    ) -> Conversation[MeterAnswer]:
        """See StreamDriver."""
        yield from ()
        return MeterAnswer(installation, (), ())

    def _reads(self, installation: MeterInstallation, timing: Timing) -> RegisterReads:
        meter = installation.meter
        return RegisterReads(meter.line, int(meter.server_address), timing, self._transactions)

    def _read_sunspec(self, session: MeterSession, items: Sequence[str]) -> Conversation[None]:
        reads = self._reads(session.installation, self._sunspec.timing)
        profile = yield from self._sunspec.find(session.installation, reads)
        if isinstance(profile, Failed):
            for item in items:
                _fail(session, item, profile)
            return
        outcomes = yield from self._read(session, reads, profile, items)
        if not all(isinstance(outcome, Heard) for outcome in outcomes.values()):
            self._sunspec.forget(session.installation)

    def _read(
        self, session: MeterSession, reads: RegisterReads, profile: ModbusProfile, items: Sequence[str]
    ) -> Conversation[Outcomes]:
        """Tells the session of every item; what the meter said of each place."""
        plan = self._plan(profile, items)
        outcomes = yield from _Fetching(session.source, reads, profile).all_of(plan.blocks)
        for item, wanted in plan.wanted:
            if isinstance(wanted, Wanted):
                _tell(session, wanted, outcomes)
            elif isinstance(wanted, TextRegister):
                _tell_text(session, wanted, outcomes[wanted])
            else:
                session.fail(item, ItemError.NOT_SUPPORTED, wanted)
        return outcomes

    def _plan(self, profile: ModbusProfile, items: Sequence[str]) -> Plan:
        key = (profile.name, tuple(items))
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            plan = self._plans[key] = plan_of(items, profile, self._site.types)
        return plan


class _Fetching:
    """Asks one meter for blocks, and for less where it refuses; a silent meter is soon left alone."""

    __slots__ = ("_has_spoken", "_profile", "_reads", "_silences", "_source")

    def __init__(self, source: ReadingSource, reads: RegisterReads, profile: ModbusProfile) -> None:
        self._source, self._reads, self._profile = source, reads, profile
        self._has_spoken, self._silences = False, 0

    def all_of(self, asked: Sequence[RegisterBlock]) -> Conversation[Outcomes]:
        """What the meter said of every place; at the last of values and exponents apart."""
        outcomes = yield from self._blocks(asked)
        apart = [place for place, outcome in outcomes.items() if _may_be_had_apart(place, outcome)]
        if not apart:
            return outcomes
        parts = Parts(place for place in apart if isinstance(place, ModbusRegister))
        before = yield from self._places(parts.exponents)
        values = yield from self._places(parts.values)
        after = yield from self._places(parts.exponents)
        return {**outcomes, **parts.joined(before, values, after)}

    def _places(self, places: Iterable[Place]) -> Conversation[Outcomes]:
        return self._blocks(blocks(places, max_registers=self._profile.max_registers, largest_gap=0))

    def _blocks(self, asked: Sequence[RegisterBlock]) -> Conversation[Outcomes]:
        outcomes: dict[Place, Heard | Failed] = {}
        waiting = list(asked)
        while waiting:
            block = waiting.pop(0)
            outcome = yield from self._block(block)
            smaller = block.smaller() if _lacks_some(outcome) else ()
            if smaller:
                waiting[:0] = smaller
            else:
                outcomes.update(dict.fromkeys(block.places, outcome))
        return outcomes

    def _block(self, block: RegisterBlock) -> Conversation[Heard | Failed]:
        if not self._has_spoken and self._silences >= PATIENCE[self._source]:
            return Failed(ItemError.NO_ANSWER, "not asked: the meter is silent")
        outcome = yield from self._reads.read(_request(self._profile.function, block.address, block.count))
        self._has_spoken = self._has_spoken or outcome.answer is not None
        self._silences += outcome.answer is None
        return outcome


@lru_cache(maxsize=4096)  # the same blocks are asked for ever
def _request(function: int, address: int, count: int) -> modbus.ReadRequest:
    return modbus.ReadRequest(function, address, count)


def _lacks_some(outcome: Heard | Failed) -> bool:
    return isinstance(outcome, Failed) and outcome.refused is not None and outcome.refused.code == ILLEGAL_ADDRESS


def _may_be_had_apart(place: Place, outcome: Heard | Failed) -> bool:
    return isinstance(place, ModbusRegister) and place.is_spread and _lacks_some(outcome)


def _tell(session: MeterSession, wanted: Wanted, outcomes: Outcomes) -> None:
    value = wanted.told(outcomes)
    if isinstance(value, Failed):
        _fail(session, wanted.item, value)
        return
    heard = outcomes[wanted.register]
    assert heard.answer is not None
    session.heard(heard.answer)
    unit = wanted.reading_type.unit
    session.value(wanted.item, wanted.reading_type, f"{value:f}", value, unit, frame=heard.answer.frame)


def _tell_text(session: MeterSession, wanted: TextRegister, outcome: Heard | Failed) -> None:
    if isinstance(outcome, Failed):
        _fail(session, wanted.name, outcome)
        return
    session.heard(outcome.answer)
    shown = text(outcome.at(wanted.address, wanted.words))
    session.value(wanted.name, None, shown, None, "", frame=outcome.answer.frame)


def _fail(session: MeterSession, item: str, failed: Failed) -> None:
    if failed.answer is not None:
        session.heard(failed.answer)
    session.fail(item, failed.error, failed.reason, failed.answer.frame if failed.answer else None)
