"""The formats of the annex by their numbers, as the tables of functions cite them."""

from decimal import Decimal
from typing import Final

from protocols.gdw1376.formats import Amount, Bcd, Binary, Power
from protocols.gdw1376.texts import STAMP_A16, Clock, Digits, Stamp

A1: Final = Clock()
A2: Final = Power()
A3_ENERGY: Final = Amount("kWh")
A3_MONEY: Final = Amount("CNY", 3)
A4: Final = Bcd(1, 0, "%", signed=True)
A5_PERCENT: Final = Bcd(2, 1, "%", signed=True)
A5_DEGREES: Final = Bcd(2, 1, "deg", signed=True)
A6: Final = Bcd(2, 2, "A", signed=True)
A7: Final = Bcd(2, 1, "V")
A8: Final = Bcd(2, 0)
A9_KW: Final = Bcd(3, 4, "kW", signed=True)
A9_KVAR: Final = Bcd(3, 4, "kvar", signed=True)
A9_KVA: Final = Bcd(3, 4, "kVA", signed=True)
A10: Final = Bcd(3, 0)
A11_KWH: Final = Bcd(4, 2, "kWh")
A11_KVARH: Final = Bcd(4, 2, "kvarh")
A12: Final = Digits(6)
A13_KWH: Final = Bcd(4, 4, "kWh")
A13_KVARH: Final = Bcd(4, 4, "kvarh")
A14: Final = Bcd(5, 4, "kWh")
A15: Final = Stamp("YYMMDDhhmm")
A16: Final = STAMP_A16
A17: Final = Stamp("MMDDhhmm")
A18: Final = Stamp("DDhhmm")
A19: Final = Stamp("hhmm")
A20: Final = Stamp("YYMMDD")
A21: Final = Stamp("YYMM")
A22: Final = Bcd(1, 1, "A")
A23: Final = Bcd(3, 4, "kW")
A24: Final = Stamp("hhDD")
A25: Final = Bcd(3, 3, "A", signed=True)
A26: Final = Bcd(2, 3)
A27: Final = Bcd(4, 0)
A28: Final = Bcd(2, 2)

U8: Final = Binary(1)
U16: Final = Binary(2)
U32: Final = Binary(4)
TENS_OF_MS: Final = Binary(1, "ms", Decimal(10))
