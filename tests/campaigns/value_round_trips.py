"""P06: every data type of the tables and commands, thousands of values each: what is encoded is what is decoded.

And the other way: any bytes decode to a value that encodes and decodes to itself, or to none. `tried` counts the
examples of each type; half are values, half are bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from random import Random

from protocols.dlt645.command_formats import ANY, BaudWord, Choice, FreezeKind, FreezeMoment, Hex
from protocols.dlt645.commands import COMMANDS
from protocols.dlt645.data_identifiers import ROWS
from protocols.dlt645.formats import Bits, Digits, Format, Number, Quantity, Stamp, Text
from protocols.errors import ProtocolError
from tests.campaigns.verdict import Stopwatch, Verdict

CHARACTERS = "ABCDEFXYZabcxyz0123456789-./()"
FREEZE_MOMENTS = (f"{ANY}-{ANY} {ANY}:{ANY}", f"{ANY}-{ANY} {ANY}:%m", f"{ANY}-{ANY} %h:%m", f"{ANY}-%d %h:%m")


def data_types() -> Mapping[str, Format]:
    """All formats in use, by what they are; readings of bytes that another format owns are left out."""
    formats: list[Format] = [part.format for row in ROWS for part in row.parts]
    formats += [
        part.format
        for commands in COMMANDS.values()
        for command in commands.values()
        for layout in command.request + command.reply
        for part in layout.parts
    ]
    return {repr(found): found for found in formats if _is_inverse(found)}


def _is_inverse(found: Format) -> bool:
    if isinstance(found, Choice):
        return len(set(found.words.values())) == len(found.words)
    return not isinstance(found, FreezeKind)


def run(seed: int, tried: int, types: Mapping[str, Format] | None = None) -> Verdict:
    """`tried` examples of each data type."""
    chance, watch = Random(seed), Stopwatch()
    wrong: list[str] = []
    for name, found in (types if types is not None else data_types()).items():
        for _ in range(tried // 2):
            value, raw = some_value(found, chance), chance.randbytes(found.size)
            if not _comes_back(found, value):
                wrong.append(f"{name}: {value!r}")
            if not _bytes_are_stable(found, raw):
                wrong.append(f"{name}: {raw.hex()}")
    return watch.verdict("P06", seed, tried, wrong)


def _comes_back(found: Format, value: str) -> bool:
    raw = found.encode(value)
    decoded = found.decode(raw, "", "")
    return len(raw) == found.size and decoded.problem is None and decoded.text == value


def _bytes_are_stable(found: Format, raw: bytes) -> bool:
    once = found.decode(raw, "", "")
    if once.problem is not None or once.text.startswith("unknown "):
        return once.number is None
    again: Quantity = once.number if once.number is not None else once.text
    try:
        return found.decode(found.encode(again), "", "") == once
    except ProtocolError:
        return False


def some_value(found: Format, chance: Random) -> str:
    """A value of this type in the form that it decodes to."""
    match found:
        case Number():
            return _number(found, chance)
        case Digits(size=size):
            return f"{chance.randrange(10 ** (2 * size)):0{2 * size}d}"
        case Text(size=size):
            return "".join(chance.choices(CHARACTERS, k=chance.randrange(size + 1)))
        case Bits(size=size):
            return f"{chance.randrange(256**size - 1):0{2 * size}X}"  # all ones are "not present"
        case Hex(size=size):
            return chance.randbytes(size).hex().upper()
        case BaudWord(bits=bits):
            return str(chance.choice(list(bits.values())))
        case Choice(words=words):
            return chance.choice(list(words.values()))
        case FreezeMoment():
            moment = chance.choice(FREEZE_MOMENTS)
            return moment.replace("%d", "01").replace("%h", f"{chance.randrange(24):02d}").replace("%m", "30")
        case Stamp():
            return _time(found, chance)
    raise AssertionError(f"no values for {found}")


def _number(found: Number, chance: Random) -> str:
    top = 10 ** (2 * found.size) * (8 if found.signed else 10) // 10
    integer = chance.choice((0, 1, top - 1, chance.randrange(top), chance.randrange(top)))
    sign = chance.choice((1, -1)) if found.signed else 1
    return f"{Decimal(sign * integer).scaleb(-found.decimals):f}" if integer else f"{0:.{found.decimals}f}"


def _time(found: Stamp, chance: Random) -> str:
    day = ("20{YY}-" if "YY" in found.pattern else "") + "-".join(
        f"{{{p}}}" for p in ("MM", "DD") if p in found.pattern
    )
    clock = ":".join(f"{{{part}}}" for part in ("hh", "mm", "ss") if part in found.pattern)
    parts = {"YY": 99, "MM": 12, "DD": 28, "hh": 23, "mm": 59, "ss": 59}
    drawn = {part: f"{chance.randint(part in ('MM', 'DD'), top):02d}" for part, top in parts.items()}
    return f"{day} {clock}".strip().format(**drawn)
