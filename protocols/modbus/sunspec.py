"""SunSpec: finding a model in a device's chain of models. Says what to read next and hears the words; no I/O.

The chain begins with a mark at one of three addresses; each model tells its number and its length, and behind the last
one stands FFFF. What the words of a model mean is a profile's to say.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from typing import Final

from protocols.errors import RemoteProtocolError
from protocols.modbus.reads import HOLDING_REGISTERS, ReadRequest, Refused, Registers

MARK: Final = (0x5375, 0x6E53)  # "SunS"
BASES: Final = (40000, 50000, 0)
COMMON: Final = 1
END: Final = 0xFFFF
HEADER: Final = 2
MOST_MODELS: Final = 64
"""No device has as many; a chain that goes on is broken."""


class SunSpecError(RemoteProtocolError):
    """The device has no chain, a broken one, or one without the wanted model."""


class NotSunSpec(SunSpecError):
    """No mark anywhere."""


class BrokenChain(SunSpecError):
    """The chain leads nowhere."""


class NoSuchModel(SunSpecError):
    """The chain ends without a wanted model."""


@dataclass(frozen=True, slots=True)
class Found:
    """A model: its number, the address of its first register, and that of the common model before it, if any."""

    model: int
    address: int
    length: int
    common: int | None


Walk = Generator[ReadRequest, Registers | Refused, Found]
"""What to read next; wants the answer, and returns the first wanted model. Raises SunSpecError."""


def walk(wanted: Collection[int]) -> Walk:
    """Find the first model that is wanted."""
    base = yield from _base()
    at, common, passed = base + len(MARK), None, list[int]()
    while len(passed) < MOST_MODELS:
        words = yield from _words(at, HEADER)
        if words is None:
            raise BrokenChain(f"the SunSpec chain breaks off at {at}, after {_named(passed)}")
        model, length = words
        if model == END:
            raise NoSuchModel(f"the SunSpec chain has {_named(passed)}, none of {_listed(wanted)}")
        if length == 0 or at + HEADER + length > 0x10000 - HEADER:
            raise BrokenChain(f"SunSpec model {model} at {at} cannot have {length} registers")
        if model in wanted:
            return Found(model, at, length, common)
        if model == COMMON:
            common = at
        passed.append(model)
        at += HEADER + length
    raise BrokenChain(f"the SunSpec chain has no end after {MOST_MODELS} models")


def _base() -> Generator[ReadRequest, Registers | Refused, int]:
    for base in BASES:
        words = yield from _words(base, len(MARK))
        if words == MARK:
            return base
    raise NotSunSpec(f"no SunSpec mark at {_listed(BASES)}")


def _words(address: int, count: int) -> Generator[ReadRequest, Registers | Refused, tuple[int, ...] | None]:
    said = yield ReadRequest(HOLDING_REGISTERS, address, count)
    return said.words if isinstance(said, Registers) else None


def _named(models: Sequence[int]) -> str:
    return f"models {_listed(models)}" if models else "no model"


def _listed(numbers: Collection[int]) -> str:
    return ", ".join(map(str, numbers))
