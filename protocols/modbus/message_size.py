"""How long a message is, told by its first bytes: unit, function and data, without framing.

A master here only reads, so it believes in no other response: the fewer headers are possible, the less noise
looks like one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocols.modbus.frame import EXCEPTION, Role

INCOMPLETE: Final = 0
UNKNOWN: Final = -1


class Rule(NamedTuple):
    """`fixed` bytes, and as many more as the byte at `count_at` says; 0 where nothing is counted."""

    fixed: int
    count_at: int = 0


_COUNTED: Final = Rule(3, 2)
REQUESTS: Final[Mapping[int, Rule]] = {
    **dict.fromkeys((0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x08), Rule(6)),
    **dict.fromkeys((0x07, 0x0B, 0x0C, 0x11), Rule(2)),
    **dict.fromkeys((0x0F, 0x10), Rule(7, 6)),
    **dict.fromkeys((0x14, 0x15), _COUNTED),
    0x16: Rule(8),
    0x17: Rule(11, 10),
    0x18: Rule(4),
    0x2B: Rule(5),
}
RESPONSES: Final[Mapping[int, Rule]] = {
    **dict.fromkeys((0x01, 0x02, 0x03, 0x04, 0x0C, 0x11, 0x14, 0x15, 0x17), _COUNTED),
    **dict.fromkeys((0x05, 0x06, 0x08, 0x0B, 0x0F, 0x10), Rule(6)),
    0x07: Rule(3),
    0x16: Rule(8),
    **{EXCEPTION | function: Rule(3) for function in REQUESTS},
}
"""Without 18 and 2B, whose length no single byte tells."""
_READS: Final = (1, 2, 3, 4)


class Sizes:
    """The rules of one side's messages; `functions` are those believed in."""

    def __init__(self, rules: Mapping[int, Rule], functions: Collection[int]) -> None:
        self._rules = [rules[n] if n in functions and n in rules else None for n in range(256)]
        self._fixed = np.array([rule.fixed if rule else UNKNOWN for rule in self._rules], dtype=np.int64)
        self.is_known = self._fixed != UNKNOWN
        self._count_at = np.array([rule.count_at if rule else 0 for rule in self._rules], dtype=np.int64)

    def size(self, buffer: bytes | bytearray, start: int, stop: int) -> int:
        """Bytes of the message at `start`; INCOMPLETE while those up to `stop` do not tell, UNKNOWN for no message."""
        if stop - start < 2:
            return INCOMPLETE
        rule = self._rules[buffer[start + 1]]
        if rule is None:
            return UNKNOWN
        if not rule.count_at:
            return rule.fixed
        return rule.fixed + buffer[start + rule.count_at] if stop - start > rule.count_at else INCOMPLETE

    def sizes(self, raw: NDArray[np.uint8], starts: NDArray[np.int64], stops: NDArray[np.int64]) -> NDArray[np.int64]:
        """The same of many places at once."""
        function = raw[np.minimum(starts + 1, len(raw) - 1)]
        fixed, count_at = self._fixed[function], self._count_at[function]
        counted = raw[np.minimum(starts + count_at, len(raw) - 1)]
        found = np.where(count_at > 0, fixed + counted, fixed)
        found[(count_at > 0) & (stops - starts <= count_at)] = INCOMPLETE
        found[stops - starts < 2] = INCOMPLETE
        return found


HEARD_BY: Final[Mapping[Role, Sizes]] = {
    Role.MASTER: Sizes(RESPONSES, {*_READS, *(function | EXCEPTION for function in _READS)}),
    Role.METER: Sizes(REQUESTS, REQUESTS),
}
SAID_TO: Final[Mapping[Role, Sizes]] = {
    Role.MASTER: Sizes(RESPONSES, RESPONSES),
    Role.METER: Sizes({**REQUESTS, **{EXCEPTION | n: Rule(3) for n in REQUESTS}}, REQUESTS),
}
"""Every message of the standard, believed or not: for describing."""
