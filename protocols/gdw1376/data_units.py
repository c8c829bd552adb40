"""The data of a frame as a row of units, each an identifier and its values. Stops where a length is not known.

The size of the password is a property of the terminal; where nobody says it, the size by which the units end exactly
is taken, and the standard's where none does.
"""

from typing import Final, NamedTuple

from protocols.errors import RemoteProtocolError
from protocols.gdw1376 import identifiers, layouts
from protocols.gdw1376.auxiliary import PASSWORD_SIZES, WITH_PASSWORD, Auxiliary, split, usual_password_size
from protocols.gdw1376.formats import Value
from protocols.gdw1376.frame import Edition, Frame
from protocols.gdw1376.functions import layout_of
from protocols.gdw1376.high_byte_first import reread
from protocols.gdw1376.layouts import Cursor

_MOMENT: Final = (0x0C, 25)
MAX_UNITS: Final = 4096
"""No honest frame has more; units without data could otherwise be named by the thousand."""


class Unit(NamedTuple):
    """What one function of one point says. `raw` holds its data bytes; where there is a problem, all to the end.

    A `remark` says how values deviate from the standard, which does not keep them from being read.
    """

    point: int
    function: int
    values: tuple[Value, ...]
    raw: bytes
    problem: str | None = None
    remark: str | None = None


class Content(NamedTuple):
    """Everything in a frame's data. `problem` says what kept us from reading it to the end."""

    units: tuple[Unit, ...]
    auxiliary: Auxiliary
    problem: str | None = None


def read(frame: Frame, password_size: int | None = None) -> Content:
    """The units and the tail of a frame."""
    if password_size is not None or frame.is_up or frame.afn not in WITH_PASSWORD:
        return _read(frame, password_size)
    usual = usual_password_size(frame.afn, frame.edition)
    likely = _read(frame, usual)
    if likely.problem is None:
        return likely
    others = (_read(frame, size) for size in PASSWORD_SIZES if size != usual)
    return next((content for content in others if content.problem is None), likely)


def walk(data: bytes, afn: int, *, is_up: bool, edition: Edition = Edition.GDW1376) -> tuple[list[Unit], str | None]:
    """The units in bytes without a tail, and why they end before the bytes do."""
    cursor, units = Cursor(data), list[Unit]()
    while cursor.left:
        if cursor.left < identifiers.IDENTIFIER_SIZE:
            return units, f"{cursor.left} bytes left where an identifier has {identifiers.IDENTIFIER_SIZE}"
        raw = cursor.take(identifiers.IDENTIFIER_SIZE, "identifier")
        identifier = identifiers.parse(raw)
        if not identifier.points or not identifier.functions:
            return units, f"identifier {raw.hex().upper()} names no point or no function"
        for point, function in identifier.pairs():
            unit = _unit(cursor, (point, function), layout_of(afn, function, is_up=is_up, edition=edition), afn)
            units.append(unit)
            if unit.problem or len(units) >= MAX_UNITS:
                return units, unit.problem or f"more than {MAX_UNITS} units"
    return units, None


def _read(frame: Frame, password_size: int | None) -> Content:
    try:
        data, auxiliary = split(frame, password_size)
    except RemoteProtocolError as error:
        return Content((), Auxiliary(), str(error))
    units, problem = walk(data, frame.afn, is_up=frame.is_up, edition=frame.edition)
    return Content(tuple(units), auxiliary, problem)


def _unit(cursor: Cursor, place: tuple[int, int], layout: layouts.Layout | None, afn: int) -> Unit:
    point, function = place
    start = cursor.at
    cursor.values = []
    problem = None
    if layout is None:
        problem = f"AFN {afn:02X} F{function}: layout not known, {cursor.left} bytes left as they are"
    else:
        try:
            layouts.decode(layout, cursor)
        except RemoteProtocolError as error:
            problem = f"AFN {afn:02X} F{function}: {error}"
    if problem:
        return Unit(point, function, (), cursor.raw[start:], problem)
    values, remark = tuple(cursor.values), None
    if (afn, function) == _MOMENT:
        values, remark = reread(values)
    return Unit(point, function, values, cursor.raw[start : cursor.at], remark=remark)
