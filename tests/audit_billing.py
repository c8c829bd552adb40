"""Audit of a billing export against what the simulators themselves wrote down. Shares no code with the head-end.

    python tests/audit_billing.py WITNESS_FOLDER EXPORT.csv

Reads the witness files alone for the truth: of each meter the register that it showed at the period's edges, the
frozen one of its own midnight where it keeps freezes, else the live one nearest to the edge. Every billed line and
the totals of the file must agree to the last digit. Prints one JSON line; exit 1 when anything differs.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

TOLERANCE = timedelta(minutes=15)
ROLLOVER = Decimal(1_000_000)
Truths = dict[tuple[str, str], list[tuple[datetime, bool, Decimal]]]


def is_daily_freeze(entry: dict[str, object]) -> bool:
    """The request asked DL/T 645 for 05 06 xx xx (low byte first, each byte plus 33H)."""
    if entry["protocol"] != "dlt645":
        return False
    raw = bytes.fromhex(str(entry["request"]))
    plain = [(byte - 0x33) % 256 for byte in raw[10:14]]
    return plain[2:] == [0x06, 0x05]


def read_truths(folder: Path) -> Truths:
    """All registers that any meter ever told, by meter and register."""
    truths: Truths = defaultdict(list)
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                entry = json.loads(line)
                if not entry.get("registers"):
                    continue
                at = datetime.fromisoformat(entry["as_of"])
                for register, value in entry["registers"].items():
                    truths[entry["meter"], register].append((at, is_daily_freeze(entry), Decimal(value)))
    return truths


def truth_at(truths: Truths, key: tuple[str, str], edge: datetime) -> Decimal | None:
    """The register of a meter at an edge."""
    near = [truth for truth in truths.get(key, []) if abs(truth[0] - edge) <= TOLERANCE]
    if not near:
        return None
    return min(near, key=lambda truth: (not truth[1], abs(truth[0] - edge)))[2]


def local_month(period: str, hours_east: int) -> tuple[datetime, datetime]:
    """Edges of a month in a zone without daylight saving."""
    zone = timezone(timedelta(hours=hours_east))
    year, month = (int(part) for part in period.split("-"))
    start = datetime(year, month, 1, tzinfo=zone)
    return start, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)


def audit(folder: Path, export: Path, hours_east: int = 8) -> dict[str, object]:
    """The verdict."""
    truths = read_truths(folder)
    with export.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    billed = [row for row in rows if row["status"] == "billed"]
    wrong: list[str] = []
    totals = {"billed": Decimal(0), "witnessed": Decimal(0)}
    for row in billed:
        start, end = local_month(row["period"], hours_east)
        key = (row["serial_number"], row["reading_type"])
        first, last = truth_at(truths, key, start), truth_at(truths, key, end)
        if first is None or last is None:
            wrong.append(f"{key}: no witness at an edge")
            continue
        moved = (last - first) % ROLLOVER
        told = (Decimal(row["start_value"]), Decimal(row["end_value"]), Decimal(row["consumption"]))
        if told != (first, last, moved):
            wrong.append(f"{key}: billed {told}, witnessed {(first, last, moved)}")
        if row["reading_type"] == "active_energy_import":
            totals["billed"] += told[2]
            totals["witnessed"] += moved
    meters = {row["serial_number"] for row in billed}
    unbilled = {meter for meter, _ in truths} - meters
    return {
        "meters": len(meters),
        "witnessed_meters": len({meter for meter, _ in truths}),
        "lines": len(billed),
        "refused": len(rows) - len(billed),
        "total_billed_kwh": str(totals["billed"]),
        "total_witnessed_kwh": str(totals["witnessed"]),
        "differences": len(wrong) + len(unbilled) + (totals["billed"] != totals["witnessed"]),
        "examples": [*wrong[:3], *(f"{meter} was not billed" for meter in sorted(unbilled)[:3])],
    }


if __name__ == "__main__":
    verdict = audit(Path(sys.argv[1]), Path(sys.argv[2]))
    print(json.dumps(verdict))
    raise SystemExit(1 if verdict["differences"] else 0)
