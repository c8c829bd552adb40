"""Long hostile lines in words: a description at most for each frame and each noise, at a cost that only grows along."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import pytest

from protocols import dlt698, gdw1376
from protocols.dlt645.describe import describe_line as describe_dlt645
from protocols.dlt698.describe import describe_line as describe_dlt698
from protocols.gdw1376.data_units import MAX_UNITS
from protocols.gdw1376.describe import describe_line as describe_gdw1376
from protocols.modbus.describe import describe_line as describe_modbus
from tests.unit.protocols.hostile_bytes import LINES, filled

Describe = Callable[[str], Sequence[object]]
DESCRIBERS: dict[str, Describe] = {
    "dlt645": describe_dlt645,
    "gdw1376": describe_gdw1376,
    "dlt698": describe_dlt698,
    "modbus": describe_modbus,
}
SHORT = 4096
CASES = [
    (name, title, pattern)
    for name in DESCRIBERS
    for title, pattern in (LINES[name] if name in LINES else LINES["dlt645"]).patterns.items()
]


def steps(work: Callable[[], object]) -> int:
    """Calls made, of Python and of C, with what they go through in one."""
    made = 0

    def count(frame: object, event: str, arg: object) -> None:
        nonlocal made
        made += 1

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return made


def cost(describe: Describe, raw: bytes) -> int:
    text = raw.hex()
    return steps(lambda: describe(text))


@pytest.mark.parametrize(("name", "title", "pattern"), CASES, ids=[f"{name}: {title}" for name, title, _ in CASES])
def test_four_times_the_bytes_cost_four_times_the_steps(name: str, title: str, pattern: bytes) -> None:
    describe = DESCRIBERS[name]
    short, long = filled(pattern, SHORT), filled(pattern, 4 * SHORT)
    assert len(describe(long.hex())) <= len(long) // 6
    assert cost(describe, long) <= 5 * cost(describe, short) + SHORT


def test_a_cost_that_grows_faster_would_be_seen() -> None:
    def quadratic(text: str) -> list[int]:
        return [text.count(character) for character in text for _ in range(len(text) // 100)]

    assert cost(quadratic, bytes(8 * 400)) > 5 * cost(quadratic, bytes(2 * 400)) + 400


@pytest.mark.parametrize(
    ("afn", "control", "unit"),
    [(0x01, 0x48, "01010100"), (0x0C, 0x48, "FF01FF00"), (0x0E, 0x88, "01010100"), (0x04, 0x48, "FF01FF01")],
)
def test_the_longest_frame_of_a_terminal_is_read_in_bounded_steps(afn: int, control: int, unit: str) -> None:
    data = filled(bytes.fromhex(unit), gdw1376.frame.MAX_DATA)
    frame = gdw1376.Frame(control, "4403", 4, 0, afn, 0x60, data)
    assert len(gdw1376.read(frame).units) <= MAX_UNITS
    assert steps(lambda: gdw1376.read(frame)) <= 20 * 3 * len(data), "three sizes of a password are tried"


@pytest.mark.parametrize(
    "data",
    ["01820FFF" + "00" * 4095, "01820600" + "19" + "07E40101010000000000" * 1400, "01" * 16000, "0120" + "603F" * 8000],
    ids=["nulls", "dates", "nested", "columns"],
)
def test_the_longest_message_of_a_meter_is_read_in_bounded_steps(data: str) -> None:
    message = bytes.fromhex("8501004001020001" + data)[:16_000]
    raw = dlt698.encode(dlt698.Frame(0xC3, dlt698.ServerAddress("12"), 0, message))
    assert len(describe_dlt698(raw.hex())) == 1
    assert cost(describe_dlt698, raw) <= 20 * len(raw)
