"""How the DL/T 645-2007 manual writes numbers, times and texts: meter side, in wire order before the 33H shift.

Written from the manual on its own, without the head-end's decoder, so that one mistake cannot hide in both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from simulators.witness import Truth

SIGN = 0x80
PARTING = b"\xaa"


@dataclass(frozen=True, slots=True)
class Member:
    """One value of an answer; without a number the item is not present. Without a name it is no reading."""

    name: str
    number: Decimal | None
    size: int
    decimals: int
    signed: bool = False

    def encode(self) -> bytes:
        """BCD, low byte first; absent items are all FF."""
        if self.number is None:
            return b"\xff" * self.size
        count = int(abs(self.number).scaleb(self.decimals))
        digits = bytearray(bcd(count, self.size))
        if self.signed:
            if digits[-1] & SIGN:
                raise OverflowError(f"{self.name} {self.number} does not fit {self.size} bytes and a sign")
            digits[-1] |= SIGN if self.number < 0 else 0
        return bytes(digits)


@dataclass(frozen=True, slots=True)
class Told:
    """What a meter answers, and what it knows to be true about it."""

    payload: bytes
    truths: tuple[Truth, ...] = ()


def tell(members: Iterable[Member], as_of: datetime) -> Told:
    """Members joined in order, all true at one instant."""
    told = tuple(members)
    registers = named(told)
    return Told(join(told), (Truth(as_of, registers),) if registers else ())


def join(members: Iterable[Member]) -> bytes:
    return b"".join(member.encode() for member in members)


def named(members: Iterable[Member]) -> Mapping[str, Decimal]:
    return {member.name: member.number for member in members if member.name and member.number is not None}


def bcd(count: int, size: int) -> bytes:
    """A whole number in `size` bytes, two digits each, low byte first."""
    digits = f"{count:0{2 * size}d}"
    if len(digits) > 2 * size:
        raise OverflowError(f"{count} does not fit {size} BCD bytes")
    return bytes.fromhex(digits)[::-1]


def text(written: str, size: int) -> bytes:
    """ASCII padded with blanks, last character first."""
    return written.ljust(size)[:size].encode("ascii")[::-1]


def minute_stamp(stamp: datetime | None) -> bytes:
    """YYMMDDhhmm in 5 bytes; zeros where nothing happened yet."""
    return bytes.fromhex(stamp.strftime("%y%m%d%H%M"))[::-1] if stamp else bytes(5)


def date_with_weekday(shown: datetime) -> bytes:
    """YYMMDDWW, Sunday is 0."""
    return bytes.fromhex(f"{shown:%y%m%d}0{shown.isoweekday() % 7}")[::-1]


def time_of_day(shown: datetime) -> bytes:
    """hhmmss."""
    return bytes.fromhex(f"{shown:%H%M%S}")[::-1]
