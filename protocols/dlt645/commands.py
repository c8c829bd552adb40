"""Every function but reading, in both editions: what its request, its reply and its refusal carry. One table.

Describes and takes apart; frames are built in `writes`, and for function 1C in `supply_control` alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from protocols.dlt645 import command_words
from protocols.dlt645.command_formats import (
    BAUD_BITS,
    OUTPUTS,
    BaudWord,
    Choice,
    FreezeKind,
    FreezeMoment,
    Hex,
)
from protocols.dlt645.data_item import Part
from protocols.dlt645.edition import Edition
from protocols.dlt645.error_word import ErrorKind
from protocols.dlt645.formats import Bits, Digits, Format, Stamp, Value
from protocols.dlt645.frame import Frame
from protocols.dlt645.layout import LEVEL, Layout, beside, hex_value, in_order, secured_name

Named = tuple[str, Format]

_LEVEL: Final[Named] = (LEVEL, Hex(1))
_PASSWORD: Final[Named] = ("password", Hex(3))
_OPERATOR: Final[Named] = ("operator_code", Hex(4))
_ACCESS: Final[tuple[Named, ...]] = (_LEVEL, _PASSWORD, _OPERATOR)
_DI: Final[Named] = ("data_identifier", Hex(4))
_DI_1997: Final[Named] = ("data_identifier", Hex(2))
_NEW_PASSWORD: Final[tuple[Named, ...]] = (("new_level", Hex(1)), ("new_password", Hex(3)))
_OLD_PASSWORD: Final[tuple[Named, ...]] = (("old_level", Hex(1)), ("old_password", Hex(3)))

_EMPTY: Final = Layout()
_UNITS: Final = in_order(*((unit, Digits(1)) for unit in ("second", "minute", "hour", "day", "month", "year")))
_TIME: Final = Layout((Part("clock", Stamp("YYMMDDhhmmss")), *_UNITS.parts))
_ADDRESS: Final = in_order(("new_address", Digits(6)))
_FREEZE: Final = beside(in_order(("freeze_moment", FreezeMoment())), "freeze_kind", FreezeKind(), "freeze_moment")
_BAUD: Final = beside(in_order(("baud_word", Hex(1))), "baud_rate", BaudWord(BAUD_BITS), "baud_word")
_BAUD_1997: Final = in_order(("baud_word", Hex(1)))
_CONTROL: Final = beside(
    beside(
        in_order(
            *_ACCESS,
            ("control_command", Hex(1)),
            ("duration", Hex(1)),
            ("deadline", Stamp("YYMMDDhhmmss")),
        ),
        "effect",
        Choice(command_words.EFFECTS),
        "control_command",
    ),
    "control_command_name",
    Choice(command_words.NAMES),
    "control_command",
)
_OUTPUT: Final = in_order(("output", Choice(OUTPUTS)))


@dataclass(frozen=True, slots=True)
class Command:
    """One function. Of several layouts the first that fits the data counts."""

    request: tuple[Layout, ...]
    reply: tuple[Layout, ...]
    error: ErrorKind = ErrorKind.ERR


COMMANDS_2007: Final[Mapping[int, Command]] = {
    0x03: Command(
        (in_order(_DI, _OPERATOR, rest="security_data"),), (in_order(_DI, rest="security_data"),), ErrorKind.SECURITY
    ),
    0x08: Command((_TIME,), (), ErrorKind.NONE),
    0x14: Command((in_order(_DI, *_ACCESS, rest="data"),), (_EMPTY,)),
    0x15: Command((_ADDRESS,), (_EMPTY,), ErrorKind.NONE),
    0x16: Command((_FREEZE,), (_EMPTY,)),
    0x17: Command((_BAUD,), (_BAUD,)),
    0x18: Command((in_order(_DI, *_OLD_PASSWORD, *_NEW_PASSWORD),), (in_order(*_NEW_PASSWORD),)),
    0x19: Command((in_order(*_ACCESS),), (_EMPTY,)),
    0x1A: Command((in_order(*_ACCESS),), (_EMPTY,)),
    0x1B: Command((in_order(*_ACCESS, ("cleared_events", Hex(4))),), (_EMPTY,)),
    0x1C: Command((_CONTROL,), (_EMPTY, in_order(("execution_word", Bits(2)))), ErrorKind.CONTROL),
    0x1D: Command((_OUTPUT,), (_OUTPUT,)),
}
"""Function to layouts. Address 15 and the broadcasts are never refused: a meter that will not stays silent."""

COMMANDS_1997: Final[Mapping[int, Command]] = {
    0x03: Command((_EMPTY,), (in_order(_DI_1997, rest="data"),), ErrorKind.ERR_1997),
    0x04: Command((in_order(_DI_1997, _LEVEL, _PASSWORD, rest="data"),), (_EMPTY,), ErrorKind.ERR_1997),
    0x08: Command((_TIME,), (), ErrorKind.NONE),
    0x0A: Command((_ADDRESS,), (_EMPTY,), ErrorKind.ERR_1997),
    0x0C: Command((_BAUD_1997,), (_BAUD_1997,), ErrorKind.ERR_1997),
    0x0F: Command((in_order(*_OLD_PASSWORD, *_NEW_PASSWORD),), (in_order(*_NEW_PASSWORD), _EMPTY), ErrorKind.ERR_1997),
    0x10: Command((_EMPTY, in_order(_LEVEL, _PASSWORD)), (_EMPTY,), ErrorKind.ERR_1997),
}

COMMANDS: Final = {Edition.OF_2007: COMMANDS_2007, Edition.OF_1997: COMMANDS_1997}
_DEFAULT_ERRORS: Final = {Edition.OF_2007: ErrorKind.ERR, Edition.OF_1997: ErrorKind.ERR_1997}


@dataclass(frozen=True, slots=True)
class CommandData:
    """The values of a command's data field, and the bytes behind them that belong to its data identifier."""

    values: tuple[Value, ...]
    data_identifier: str | None = None
    written: bytes = b""
    problem: str | None = None


def read_command(frame: Frame, edition: Edition) -> CommandData | None:
    """What a command or its reply says; None where the function is in no table."""
    command = COMMANDS[edition].get(frame.function)
    if command is None:
        return None
    layouts = command.reply if frame.is_reply else command.request
    for layout in layouts:
        name = secured_name(layout, frame.data) if not frame.is_reply else None
        if name:
            return _secured(layout, frame.data, name)
        if layout.fits(frame.data):
            return _plain(layout, frame.data)
    expected = " or ".join(str(layout.size) for layout in layouts) or "none"
    return CommandData((), problem=f"{len(frame.data)} bytes of data do not fit this function, expected {expected}")


def error_kind(frame: Frame, edition: Edition) -> ErrorKind:
    command = COMMANDS[edition].get(frame.function)
    return command.error if command else _DEFAULT_ERRORS[edition]


def _plain(layout: Layout, data: bytes) -> CommandData:
    found = {value.name: value for value in layout.decode(data)}
    identifier = found.pop("data_identifier", None)
    tail = layout.tail(data)
    values = tuple(found.values())
    if layout.rest and layout.rest != "data" and tail:
        return CommandData((*values, hex_value(layout.rest, tail)), identifier.text if identifier else None)
    return CommandData(values, identifier.text if identifier else None, tail)


def _secured(layout: Layout, data: bytes, name: str) -> CommandData:
    """Level 98 or 99: the access and the operator code are read, the rest is the security module's."""
    names = [part.name for part in layout.parts]
    last = "operator_code" if "operator_code" in names else "password"
    head = Layout(layout.parts[: names.index(last) + 1], rest=name)
    if not head.fits(data):
        return CommandData((), problem=f"{len(data)} bytes of data do not fit this function")
    found = {value.name: value for value in head.decode(data)}
    identifier = found.pop("data_identifier", None)
    tail = head.tail(data)
    secured = (hex_value(name, tail),) if tail else ()
    return CommandData((*found.values(), *secured), identifier.text if identifier else None)
