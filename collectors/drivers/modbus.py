"""Modbus driver: which registers to ask for and what they mean by the profile. Holds no line; it only ever reads.

These meters keep no clock and no history that is read here: values are stamped by the head-end, freezes stay empty.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from collectors.conversation import Answer, Ask, Conversation, LineParser
from collectors.driver import Site
from collectors.line_urls import FRAMING, parse_line
from collectors.places import place_of
from collectors.profiles import ModbusProfile, ModbusRegister
from collectors.register_blocks import RegisterBlock, blocks
from collectors.session import PATIENCE, MeterSession
from collectors.units import power_of_ten
from headend.domain.collection import ItemError, MeterAnswer
from headend.domain.errors import NoAnswer
from headend.domain.metering import Line, MeterInstallation
from headend.domain.readings import ReadingSource
from protocols import modbus
from protocols.modbus.exceptions import FROM_GATEWAY, ILLEGAL_ADDRESS
from protocols.modbus.registers import decode

LARGEST_VALUE = Decimal(10) ** 11  # above every meter's; the store's integers must hold it


@dataclass(frozen=True, slots=True)
class _Heard:
    """The words of one register and the answer that brought them."""

    answer: Answer
    words: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why a register has no words; `answer` where the meter said so itself."""

    error: ItemError
    reason: str
    answer: Answer | None = None


_Outcomes = dict[ModbusRegister, _Heard | _Failed]


class ModbusDriver:
    """StreamDriver of Modbus: MBAP on TCP lines, RTU on serial ones and on TCP ones that say framing=rtu."""

    def __init__(self, profiles: Mapping[str, ModbusProfile], site: Site) -> None:
        self._profiles, self._site = profiles, site
        self._transactions = itertools.count(1)

    def parser(self, line: Line) -> LineParser:
        """See StreamDriver."""
        return modbus.Connection(_framing(line))

    def periodic_items(self, installation: MeterInstallation) -> Sequence[str]:
        """See StreamDriver."""
        return tuple(self._profile(installation).told)

    def read(
        self, installation: MeterInstallation, items: Sequence[str], source: ReadingSource
    ) -> Conversation[MeterAnswer]:
        """See StreamDriver."""
        profile = self._profile(installation)
        session = MeterSession(installation, source, self._site)
        wanted = {item: place_of(item, profile, self._site.types) for item in items}
        registers = [register for register in wanted.values() if isinstance(register, ModbusRegister)]
        outcomes = yield from self._fetch_all(session, profile, registers)
        for item in items:
            register = wanted[item]
            if isinstance(register, str):
                session.fail(item, ItemError.NOT_SUPPORTED, register)
            else:
                self._tell(session, item, register, outcomes[register])
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

    def _profile(self, installation: MeterInstallation) -> ModbusProfile:
        return self._profiles[installation.meter.profile]

    def _fetch_all(
        self, session: MeterSession, profile: ModbusProfile, registers: Sequence[ModbusRegister]
    ) -> Conversation[_Outcomes]:
        """Every register's words, in as few requests as the meter allows; a silent meter is soon left alone."""
        outcomes: _Outcomes = {}
        waiting = blocks(registers, max_registers=profile.max_registers, largest_gap=profile.largest_gap)
        has_spoken, silences = False, 0
        while waiting:
            block = waiting.pop(0)
            if not has_spoken and silences >= PATIENCE[session.source]:
                outcome: Answer | _Failed = _Failed(ItemError.NO_ANSWER, "not asked: the meter is silent")
            else:
                outcome = yield from self._fetch(session.installation, profile, block)
            if isinstance(outcome, _Failed) and outcome.answer is None:
                silences += 1
                outcomes.update((register, outcome) for register in block.registers)
                continue
            has_spoken = True
            waiting[:0] = _keep(outcomes, block, outcome)
        return outcomes

    def _fetch(
        self, installation: MeterInstallation, profile: ModbusProfile, block: RegisterBlock
    ) -> Conversation[Answer | _Failed]:
        read = modbus.ReadRequest(profile.function, block.address, block.count)
        framing = _framing(installation.meter.line)
        transaction = next(self._transactions) & 0xFFFF if isinstance(framing, modbus.Mbap) else 0
        request = modbus.read_request(int(installation.meter.server_address), read, transaction=transaction)
        timing = profile.timing
        try:
            answer = yield Ask(framing.encode(request), _Answering(request), timing.timeout_s, timing.attempts)
        except NoAnswer as silence:
            return _Failed(ItemError.NO_ANSWER, str(silence))
        said = modbus.outcome(answer.event.frame)
        if isinstance(said, modbus.Refused) and said.code in FROM_GATEWAY:
            return _Failed(ItemError.NO_ANSWER, f"the gateway says: {said}")
        return answer

    def _tell(self, session: MeterSession, item: str, register: ModbusRegister, outcome: _Heard | _Failed) -> None:
        if isinstance(outcome, _Failed):
            frame = outcome.answer.frame if outcome.answer else None
            session.fail(item, outcome.error, outcome.reason, frame)
            return
        session.heard(outcome.answer)
        frame = outcome.answer.frame
        number = decode(outcome.words, register.layout)
        if number.value is None:
            error = ItemError.NOT_PRESENT if number.problem.startswith("not present") else ItemError.INVALID_DATA
            session.fail(item, error, number.problem, frame)
            return
        reading_type = self._site.types.by_name(register.reading_type)
        value = number.value.scaleb(power_of_ten(register.unit, reading_type.unit) or 0)
        if abs(value) >= LARGEST_VALUE:
            session.fail(item, ItemError.INVALID_DATA, f"{value:f} {reading_type.unit} is beyond every meter", frame)
            return
        session.value(item, reading_type, f"{value:f}", value, reading_type.unit, frame=frame)


class _Answering:
    """Predicate: this event is the answer to that request."""

    __slots__ = ("_request",)

    def __init__(self, request: modbus.Frame) -> None:
        self._request = request

    def __call__(self, event: object) -> bool:
        return isinstance(event, modbus.FrameReceived) and modbus.answers(self._request, event.frame)


def _framing(line: Line) -> modbus.Framing:
    url = parse_line(line.url)
    is_rtu = url.scheme == "serial" or url.option(FRAMING, "mbap") == "rtu"
    return modbus.Rtu(modbus.Role.MASTER) if is_rtu else modbus.Mbap(modbus.Role.MASTER)


def _keep(outcomes: _Outcomes, block: RegisterBlock, outcome: Answer | _Failed) -> Sequence[RegisterBlock]:
    """Note what a block's answer means for each register; gives the smaller blocks that must be asked instead."""
    assert isinstance(outcome, Answer)
    said = modbus.outcome(outcome.event.frame)
    if isinstance(said, modbus.Registers):
        for register in block.registers:
            outcomes[register] = _Heard(outcome, block.words_of(register, said.words))
        return ()
    smaller = block.smaller() if said.code == ILLEGAL_ADDRESS else ()
    if not smaller:
        refused = _Failed(ItemError.REFUSED, str(said), outcome)
        outcomes.update((register, refused) for register in block.registers)
    return smaller
