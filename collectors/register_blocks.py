"""Which registers to ask for together: few requests, none longer than the meter allows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from collectors.profiles import ModbusRegister


@dataclass(frozen=True, slots=True)
class RegisterBlock:
    """Neighbouring registers, in the order of their addresses."""

    registers: tuple[ModbusRegister, ...]

    @property
    def address(self) -> int:
        """The first word."""
        return self.registers[0].address

    @property
    def count(self) -> int:
        """Words from the first to the last, holes included."""
        return self.registers[-1].end - self.address

    def words_of(self, register: ModbusRegister, words: Sequence[int]) -> Sequence[int]:
        """The words of one register in the answer to this block."""
        offset = register.address - self.address
        return words[offset : offset + register.type.words]

    def smaller(self) -> Sequence[RegisterBlock]:
        """What to ask for when the meter refuses the block's addresses: its runs without holes, then each alone."""
        if len(self.registers) == 1:
            return ()
        runs = blocks(self.registers, max_registers=self.count, largest_gap=0)
        return runs if len(runs) > 1 else [RegisterBlock((register,)) for register in self.registers]


def blocks(wanted: Iterable[ModbusRegister], *, max_registers: int, largest_gap: int) -> list[RegisterBlock]:
    """The blocks that cover the wanted registers, none over `max_registers` words or across a greater gap."""
    found: list[list[ModbusRegister]] = []
    for register in sorted(set(wanted), key=lambda register: register.address):
        if found:
            gap = register.address - found[-1][-1].end
            if gap <= largest_gap and register.end - found[-1][0].address <= max_registers:
                found[-1].append(register)
                continue
        found.append([register])
    return [RegisterBlock(tuple(registers)) for registers in found]
