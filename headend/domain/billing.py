"""Billing periods and batches: what was billed, from which readings, and what was refused and why.

A batch never changes once closed; its hash is over the canonical text of its lines and refusals.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from headend.domain.instants import iso

MONTH = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])$")


@dataclass(frozen=True, slots=True)
class BillingPeriod:
    """A calendar month of the site: [start, end) as aware UTC instants; `name` is YYYY-MM."""

    name: str
    start: datetime
    end: datetime

    @classmethod
    def of_month(cls, name: str, zone: ZoneInfo) -> BillingPeriod:
        """The month `YYYY-MM` in the local time of `zone`; ValueError for anything else."""
        match = MONTH.match(name)
        if match is None:
            raise ValueError(f"{name!r} is no billing period; write a month as YYYY-MM")
        year, month = int(match[1]), int(match[2])
        following = (year + month // 12, month % 12 + 1)
        start = datetime(year, month, 1, tzinfo=zone).astimezone(UTC)
        return cls(name, start, datetime(*following, 1, tzinfo=zone).astimezone(UTC))


class RefusalReason(StrEnum):
    """Why a register was not billed."""

    NO_READING_AT_START = "no_reading_at_start"
    NO_READING_AT_END = "no_reading_at_end"
    FAILED_VALIDATION = "failed_validation"
    REGISTER_WENT_BACK = "register_went_back"
    METER_UNCONFIRMED = "meter_unconfirmed"


@dataclass(frozen=True, slots=True)
class EdgeReading:
    """The register reading taken for a period edge: exact text in the type's unit, its time, its proof."""

    measured_at: datetime
    value: Decimal
    quality: int
    source: str
    version: int


@dataclass(frozen=True, slots=True)
class BillingLine:
    """One register of one usage point over the period: consumption = (end - start) x multiplier."""

    usage_point: str
    serial_number: str
    installation_id: int
    reading_type: str
    unit: str
    start: EdgeReading
    end: EdgeReading
    multiplier: Decimal
    consumption: Decimal


@dataclass(frozen=True, slots=True)
class BillingRefusal:
    """One register that was not billed, with the reason and what was seen."""

    usage_point: str
    serial_number: str
    installation_id: int
    reading_type: str
    reason: RefusalReason
    detail: str


@dataclass(frozen=True, slots=True)
class BillingBatch:
    """What one closing froze. `sha256` is over `canonical(...)`; counts are kept to show a cut tail."""

    id: int
    period: str
    start: datetime
    end: datetime
    closed_at: datetime
    line_count: int
    refusal_count: int
    sha256: str


def canonical(period: BillingPeriod, lines: Sequence[BillingLine], refusals: Sequence[BillingRefusal]) -> bytes:
    """The one text form of a batch that its hash is over."""
    head = [f"period {period.name} {iso(period.start)} {iso(period.end)} {len(lines)} {len(refusals)}"]
    return "\n".join([*head, *map(_line_text, lines), *map(_refusal_text, refusals), ""]).encode()


def digest(period: BillingPeriod, lines: Sequence[BillingLine], refusals: Sequence[BillingRefusal]) -> str:
    """SHA-256 of the canonical text, in hex."""
    return hashlib.sha256(canonical(period, lines, refusals)).hexdigest()


def _line_text(line: BillingLine) -> str:
    edges = " ".join(
        f"{iso(e.measured_at)} {e.value} {e.quality} {e.source} {e.version}" for e in (line.start, line.end)
    )
    return (
        f"line {line.usage_point!r} {line.serial_number!r} {line.installation_id} {line.reading_type} "
        f"{line.unit} {edges} {line.multiplier} {line.consumption}"
    )


def _refusal_text(refusal: BillingRefusal) -> str:
    return (
        f"refused {refusal.usage_point!r} {refusal.serial_number!r} {refusal.installation_id} "
        f"{refusal.reading_type} {refusal.reason} {refusal.detail!r}"
    )
