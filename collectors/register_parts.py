"""A value and its exponent in requests of their own, for meters that refuse the words between them.

Exponent, value, exponent again: it counts only if the exponent stayed. Asks nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from collectors.profiles import ModbusRegister
from collectors.register_blocks import Place
from collectors.register_reads import Failed, Heard
from headend.domain.collection import ItemError

Outcome = Heard | Failed


@dataclass(frozen=True, slots=True, eq=False)  # known by identity, as every place
class Part:
    """Some words of a register, asked without the rest."""

    span: range


class Parts:
    """Registers in parts: an exponent that serves several is one."""

    def __init__(self, registers: Iterable[ModbusRegister]) -> None:
        self._values = {register: Part(register.own_words) for register in registers}
        places = sorted({_exponent_at(register) for register in self._values})
        self._exponents = {at: Part(range(at, at + 1)) for at in places}

    @property
    def exponents(self) -> Iterable[Place]:
        """To be asked before the values and after them."""
        return self._exponents.values()

    @property
    def values(self) -> Iterable[Place]:
        """The numbers without their exponents."""
        return self._values.values()

    def joined(
        self, before: Mapping[Place, Outcome], values: Mapping[Place, Outcome], after: Mapping[Place, Outcome]
    ) -> Mapping[Place, Outcome]:
        """What each register was heard as, or why it is none."""
        found: dict[Place, Outcome] = {}
        for register, part in self._values.items():
            exponent = self._exponents[_exponent_at(register)]
            found[register] = _joined(register, before[exponent], values[part], after[exponent])
        return found


def _joined(register: ModbusRegister, before: Outcome, value: Outcome, after: Outcome) -> Outcome:
    """The answer with the value is the evidence; words between the parts are zero, and nobody looks at them."""
    for outcome in (before, value, after):
        if isinstance(outcome, Failed):
            return outcome
    assert isinstance(before, Heard) and isinstance(value, Heard) and isinstance(after, Heard)
    at = _exponent_at(register)
    first, second = before.at(at, 1), after.at(at, 1)
    if first != second:
        powers = [int.from_bytes(word, "big", signed=True) for word in (first, second)]
        reason = f"its exponent at {at} changed from {powers[0]} to {powers[1]} while it was read"
        return Failed(ItemError.INVALID_DATA, reason, value.answer)
    span, own = register.span, register.own_words
    raw = bytearray(2 * len(span))
    for start, words in ((at, first), (own.start, value.at(own.start, len(own)))):
        offset = 2 * (start - span.start)
        raw[offset : offset + len(words)] = words
    return Heard(value.answer, span.start, bytes(raw))


def _exponent_at(register: ModbusRegister) -> int:
    assert register.exponent_at is not None, "only registers with an exponent have parts"
    return register.exponent_at
