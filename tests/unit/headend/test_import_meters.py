"""Import: every wrong cell with file, line, column, reason and remedy; all rows or none."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend.bootstrap.field import build_field
from headend.domain.errors import ConfigError, Conflict, ImportRefused
from headend.domain.metering import MeterInstallation
from headend.services.import_meters import COLUMNS, ImportMeters
from headend.shipped import config_root
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry
from tests.fakes.virtual_time import VirtualClock, run_virtual

SHANGHAI = ZoneInfo("Asia/Shanghai")
HEADER = ",".join(COLUMNS)
GOOD = "UP-1,residential,40,A-1,dlt645,dlt645-2007,1,tcp://10.0.0.1:8899,1,2026-01-01"
GOOD_2 = "UP-2,commercial,,A-2,dlt645,dlt645-2007,2,tcp://10.0.0.1:8899,80,2026-01-01T08:00:00Z"
FIELD = build_field(config_root(), SHANGHAI, VirtualClock())


def imported(text: str, *, twice: bool = False) -> list[MeterInstallation]:
    async def run() -> list[MeterInstallation]:
        registry = MemoryMeterRegistry()
        service = ImportMeters(
            registry,
            FIELD.check_route,
            zone=SHANGHAI,
            clock=VirtualClock(),
            events=MemoryEventLog(),
            changed=lambda: None,
        )
        for _ in range(2 if twice else 1):
            await service.run(text, "meters.csv")
        return list(await registry.installations())

    return run_virtual(run())


def errors_of(text: str) -> tuple[ConfigError, ...]:
    with pytest.raises(ImportRefused) as caught:
        imported(text)
    return caught.value.errors


def test_good_rows_become_installations() -> None:
    first, second = imported(f"{HEADER}\n{GOOD}\n{GOOD_2}\n")
    assert (first.meter.server_address, first.installed_at) == ("000000000001", datetime(2025, 12, 31, 16, tzinfo=UTC))
    assert (second.multiplier, second.usage_point.capacity_kva) == (80, 0)


def test_a_byte_order_mark_and_windows_lines_are_no_matter() -> None:
    assert len(imported(f"\ufeff{HEADER}\r\n{GOOD}\r\n\r\n")) == 1


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("customer_class", "rich", "write one of"),
        ("capacity_kva", "-1", "decimal number"),
        ("capacity_kva", "NaN", "decimal number"),
        ("multiplier", "0", "decimal number"),
        ("protocol", "dlms", "write one of"),
        ("profile", "nokia", "known: dlt645-2007"),
        ("server_address", "12345678901234", "up to 12 digits"),
        ("line_url", "tcp://x", "host:port"),
        ("line_url", "mqtt://x:1883", "does not travel"),
        ("installed_at", "01.02.2026", "write 2026-01-31"),
        ("serial_number", "", "fill it in"),
    ],
)
def test_a_wrong_cell_is_named_with_line_column_and_remedy(column: str, value: str, words: str) -> None:
    cells = dict(zip(COLUMNS, GOOD.split(","), strict=True)) | {column: value}
    errors = errors_of(f"{HEADER}\n{GOOD_2}\n{','.join(cells.values())}\n")
    assert [(error.file, error.line, error.key) for error in errors] == [("meters.csv", 3, column)]
    assert words in str(errors[0])


def test_all_errors_of_a_file_come_at_once() -> None:
    bad = GOOD.replace("residential", "x").replace("2026-01-01", "y")
    assert [(e.line, e.key) for e in errors_of(f"{HEADER}\n{bad}\n{bad.replace('A-1', 'A-9')}\n")] == [
        (2, "customer_class"),
        (2, "installed_at"),
        (3, "customer_class"),
        (3, "installed_at"),
    ]


def test_a_row_that_stands_twice_names_both_lines() -> None:
    errors = errors_of(f"{HEADER}\n{GOOD}\n{GOOD}\n")
    assert {error.key for error in errors} == {"serial_number", "usage_point", "server_address"}
    assert all(error.line == 3 and "line 2" in error.problem for error in errors)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "lacks"),
        (HEADER + "\n", "no rows"),
        (HEADER + ",colour\n" + GOOD + ",red\n", "unknown columns colour"),
        (HEADER + "\n" + GOOD + ",\n", "11 cells"),
        (HEADER + '\n"UP-1,x\n', "not CSV"),
    ],
)
def test_a_file_of_another_shape_is_refused(text: str, words: str) -> None:
    assert words in str(errors_of(text)[0])


def test_what_is_registered_already_is_a_conflict() -> None:
    with pytest.raises(Conflict):
        imported(f"{HEADER}\n{GOOD}\n", twice=True)


@given(st.text(max_size=300))
def test_any_text_is_either_imported_or_refused(text: str) -> None:
    with pytest.raises(ImportRefused):
        imported(HEADER + "\n" + text + "\nx\n")
