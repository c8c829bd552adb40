"""How a simulated terminal writes values: the formats of the annex of Q/GDW 376.1, from the manual. Low byte first."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

NOT_AVAILABLE = 0xEE


@dataclass(frozen=True, slots=True)
class Bcd:
    """Packed digits; where signed, the top bit is the sign. No value is EE in every byte."""

    size: int
    decimals: int
    is_signed: bool = False

    def write(self, value: Decimal | None) -> bytes:
        """OverflowError for a value that is too long: better none than a cut one."""
        if value is None:
            return bytes([NOT_AVAILABLE]) * self.size
        count = int(abs(value).scaleb(self.decimals))
        digits = f"{count:0{2 * self.size}d}"
        if len(digits) > 2 * self.size or (self.is_signed and int(digits[0]) > 7):
            raise OverflowError(f"{value} is too long for {self.size} bytes")
        raw = bytearray.fromhex(digits)
        if self.is_signed and value < 0:
            raw[0] |= 0x80
        return bytes(raw[::-1])


ENERGY_KWH, ENERGY_KVARH, CURVE_ENERGY = Bcd(5, 4), Bcd(4, 2), Bcd(4, 2)  # A.14, A.11, A.11
POWER, VOLTAGE, CURRENT, PERCENT = Bcd(3, 4, True), Bcd(2, 1), Bcd(3, 3, True), Bcd(2, 1, True)  # A.9, A.7, A.25, A.5


def full_time(local: datetime) -> bytes:
    """A.1: ss mm hh DD, the weekday above the month, YY."""
    raw = bytearray.fromhex(f"{local:%S%M%H%d%m%y}")
    raw[4] |= local.isoweekday() << 5
    return bytes(raw)


def minute(local: datetime) -> bytes:
    """A.15."""
    return bytes.fromhex(f"{local:%M%H%d%m%y}")


def day_of(raw: bytes) -> date | None:
    """A.20: DD MM YY."""
    return _date(raw[::-1].hex())


def minute_of(raw: bytes) -> datetime | None:
    """A.15 back to local digits."""
    digits = raw[::-1].hex()
    day = _date(digits[:6])
    if day is None or not digits.isdecimal() or int(digits[6:8]) > 23 or int(digits[8:10]) > 59:
        return None
    return datetime.combine(day, time(int(digits[6:8]), int(digits[8:10])))


def _date(digits: str) -> date | None:
    try:
        return date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return None
