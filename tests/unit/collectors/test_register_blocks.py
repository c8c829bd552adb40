"""Which registers are asked together: within the meter's limit, across small gaps only, every one exactly once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from collectors.profiles import ModbusRegister, Ratio
from collectors.register_blocks import RegisterBlock, blocks
from protocols.modbus.registers import RegisterType


def register(address: int) -> ModbusRegister:
    return ModbusRegister(f"r{address}", address, RegisterType.F32, "V", Decimal("0.1"))


def spans(found: list[RegisterBlock]) -> list[tuple[int, int]]:
    return [(block.address, block.count) for block in found]


def test_neighbours_go_together_in_any_order_of_asking() -> None:
    wanted = [register(4), register(0), register(2), register(2)]
    assert spans(blocks(wanted, max_registers=80, largest_gap=0)) == [(0, 6)]


def test_a_gap_is_read_across_only_as_far_as_the_profile_allows() -> None:
    wanted = [register(0), register(6)]
    assert spans(blocks(wanted, max_registers=80, largest_gap=4)) == [(0, 8)]
    assert spans(blocks(wanted, max_registers=80, largest_gap=3)) == [(0, 2), (6, 2)]


def test_no_request_is_longer_than_the_meter_allows() -> None:
    wanted = [register(address) for address in range(0, 100, 2)]
    assert spans(blocks(wanted, max_registers=80, largest_gap=0)) == [(0, 80), (80, 20)]


def test_a_refused_block_is_asked_without_holes_then_one_by_one() -> None:
    (block,) = blocks([register(0), register(2), register(8)], max_registers=80, largest_gap=8)
    assert spans(list(block.smaller())) == [(0, 4), (8, 2)]
    assert spans(list(block.smaller()[0].smaller())) == [(0, 2), (2, 2)]
    assert block.smaller()[1].smaller() == ()


@given(st.sets(st.integers(0, 400), min_size=1), st.integers(4, 125), st.integers(0, 20))
def test_every_register_is_asked_exactly_once(addresses: set[int], longest: int, gap: int) -> None:
    wanted = [register(2 * address) for address in addresses]
    found = blocks(wanted, max_registers=longest, largest_gap=gap)
    assert sorted(place.span.start for block in found for place in block.places) == sorted(2 * a for a in addresses)
    assert all(block.count <= longest for block in found)


def test_a_value_and_its_exponent_are_never_asked_apart() -> None:
    value = replace(register(0), type=RegisterType.U32, exponent_at=20)
    (block,) = blocks([value], max_registers=40, largest_gap=0)
    assert (block.address, block.count) == (0, 21)
    found = blocks([value, register(4), register(30)], max_registers=21, largest_gap=0)
    assert spans(found) == [(0, 21), (30, 2)]
    before = replace(register(20), type=RegisterType.U32, exponent_at=3)
    assert spans(list(blocks([register(0), before], max_registers=40, largest_gap=4)[0].smaller())) == [(0, 2), (3, 19)]


def test_ratios_are_asked_like_registers() -> None:
    assert spans(blocks([register(8), Ratio(6), Ratio(7)], max_registers=80, largest_gap=0)) == [(6, 4)]
