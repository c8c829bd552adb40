"""An APDU as named values in words. What the table of objects does not know is told by its OAD and its type."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from protocols.dlt698 import dar, objects
from protocols.dlt698.apdu import Apdu, Item
from protocols.dlt698.data import ARRAY, STRUCTURE, Data
from protocols.dlt698.layouts import Bits, Value
from protocols.dlt698.moments import Moment
from protocols.dlt698.objects import ObjectValue


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused, empty where it is the whole message, and the data access result."""

    oad: str
    code: int


def objects_of(message: Apdu) -> tuple[Item, ...]:
    """What a message asks for or tells of, also inside a plain security wrapper."""
    return message.inner.items if message.inner else message.items


def values_of(message: Apdu) -> tuple[ObjectValue, ...]:
    """Every value of a message, its facts first."""
    if message.inner is not None:
        return values_of(message.inner)
    facts = [ObjectValue(name, text=text) for name, text in message.facts]
    if message.block is not None:
        number, is_last = message.block
        facts.append(ObjectValue("block", text=f"{number}, the last" if is_last else str(number)))
    told = [value for item in message.items + message.follow_report for value in _of_item(message, item)]
    return (*facts, *told)


def refusals_of(message: Apdu) -> tuple[Refusal, ...]:
    """What was refused, in the order of the message."""
    if message.inner is not None:
        return refusals_of(message.inner)
    whole = (Refusal("", message.dar),) if message.dar else ()
    items = message.items + message.follow_report
    return whole + tuple(Refusal(item.oad, item.dar) for item in items if item.dar)


def problem_of(message: Apdu) -> str | None:
    """What is wrong with a message that could be read."""
    if message.inner is not None:
        return problem_of(message.inner)
    if message.lacks_time_tag:
        return "the time tag byte is missing"
    if message.trailing:
        return f"{message.trailing} bytes behind the message"
    return None


def _of_item(message: Apdu, item: Item) -> Iterator[ObjectValue]:
    name = item.oad if message.identifies_methods else objects.name_of(item.oad) or item.oad
    if item.dar:
        yield ObjectValue(name)
    elif item.data is not None:
        yield from _of_data(item.oad, item.data, is_method=message.identifies_methods)
    elif item.dar is not None:
        yield ObjectValue(name, text=dar.words(item.dar))
    for number, row in enumerate(item.rows, start=1):
        for column, data in zip(item.columns, row, strict=True):
            for value in _of_data(column, data, is_method=False):
                yield ObjectValue(f"row{number}.{value.name}", value.unit, value.value, value.text, value.problem)


def _of_data(oad: str, data: Data, *, is_method: bool) -> Sequence[ObjectValue]:
    """An OMD looks like an OAD and must not be looked up as one."""
    return (not is_method and objects.decode(oad, data)) or tuple(_plain(oad, data))


def _plain(name: str, data: Data) -> Iterator[ObjectValue]:
    if isinstance(data.value, tuple) and data.tag in (ARRAY, STRUCTURE):
        for number, item in enumerate(data.items, start=1):
            yield from _plain(f"{name}.{number}", item)
    elif isinstance(data.value, Moment) and not data.value.is_valid:
        yield ObjectValue(name, problem=f"{data.value.text} is no time")
    else:
        yield ObjectValue(name, text=None if data.value is None else _text(data.value))


def _text(value: Value) -> str:
    if isinstance(value, Moment):
        return value.text
    if isinstance(value, Bits):
        return value.raw.hex().upper()
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if isinstance(value, Data):
        return " ".join(part.text or "" for part in _plain("", value))
    if isinstance(value, tuple):
        return " ".join(_text(part) for part in value if part is not None)
    return str(value)
