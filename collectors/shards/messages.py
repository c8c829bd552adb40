"""What head-end and child say to each other: a closed set of reads, the setting of a clock, and what came of them.

There is no message for a frame of somebody's choosing, and none that moves a relay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from headend.domain.clock_correction import Remedy, WriteAccess
from headend.domain.collection import ItemResult, Priority
from headend.domain.errors import HeadEndError
from headend.domain.line_health import LineHealth
from headend.domain.metering import MeterInstallation
from headend.domain.readings import Reading


@dataclass(frozen=True, slots=True)
class Read:
    """See FieldLine.read."""

    items: Sequence[str]
    priority: Priority


@dataclass(frozen=True, slots=True)
class ReadDailyFreeze:
    """See FieldLine.read_daily_freeze."""

    days: Sequence[int]


@dataclass(frozen=True, slots=True)
class ReadLoadProfile:
    """See FieldLine.read_load_profile."""

    start: datetime
    slots: int


@dataclass(frozen=True, slots=True)
class SetClock:
    """See ClockSetter."""

    remedy: Remedy
    access: WriteAccess | None


Request = Read | ReadDailyFreeze | ReadLoadProfile | SetClock


@dataclass(frozen=True, slots=True)
class Ask:
    """To the child: do this with one meter; `number` comes back with the answer."""

    number: int
    installation: MeterInstallation
    request: Request
    deadline_s: float


@dataclass(frozen=True, slots=True)
class Forget:
    """To the child: whoever asked this has gone."""

    number: int


@dataclass(frozen=True, slots=True)
class Told:
    """From the child: the answer, without the installation, which the asker knows."""

    number: int
    results: tuple[ItemResult, ...] = ()
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """From the child: the error, as the line raised it."""

    number: int
    error: HeadEndError


@dataclass(frozen=True, slots=True)
class LineChanged:
    """From the child: a line went down for a reason, or came up (None)."""

    url: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class OwnerRestarted:
    """From the child: the owner of a line failed by an error of our own and was started again."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class Beat:
    """From the child, every second: it is well, and so are its lines."""

    health: Mapping[str, LineHealth]


ToChild = Ask | Forget
FromChild = Told | Failed | LineChanged | OwnerRestarted | Beat
