"""Register values are exact: published vectors, both word orders, the floats' own decimals, and back again."""

from __future__ import annotations

import struct
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import LocalProtocolError
from protocols.modbus.registers import Layout, RegisterType, WordOrder, decode, encode

STEP = Decimal("0.0001")
F32 = Layout(RegisterType.F32, STEP)
FINEST = Layout(RegisterType.F32, Decimal("1e-12"))


def words_of(raw: str) -> tuple[int, ...]:
    return tuple(int(raw[n : n + 4], 16) for n in range(0, len(raw), 4))


@pytest.mark.parametrize(
    ("raw", "layout", "value"),
    [
        ("43663334", F32, "230.2"),  # Eastron SDM630 manual: voltage example
        ("3334 4366", Layout(RegisterType.F32, STEP, WordOrder.LITTLE), "230.2"),
        ("FFFE", Layout(RegisterType.I16, Decimal("0.1")), "-0.2"),
        ("FFFE", Layout(RegisterType.U16), "65534"),
        ("0001 86A0", Layout(RegisterType.U32, Decimal("0.01")), "1000.00"),
        ("86A0 0001", Layout(RegisterType.I32, Decimal("0.01"), WordOrder.LITTLE), "1000.00"),
        ("FFFF FFFF FFFF FFFF", Layout(RegisterType.I64), "-1"),
        ("FFFF FFFF FFFF FFFE", Layout(RegisterType.U64), "18446744073709551614"),
        ("0004 0003 0002 0001", Layout(RegisterType.U64, word_order=WordOrder.LITTLE), "281483566841860"),
        ("40934A4584F4C6E7", Layout(RegisterType.F64, Decimal("1e-8")), "1234.56789"),
    ],
)
def test_registers_have_the_value_that_is_meant(raw: str, layout: Layout, value: str) -> None:
    number = decode(words_of(raw.replace(" ", "")), layout)
    assert (f"{number.value:f}", number.problem) == (value, "")


@pytest.mark.parametrize(
    ("raw", "layout", "problem"),
    [
        ("7FC00000", F32, "not present (NaN 7FC00000)"),
        ("FFC00000", F32, "not present (NaN FFC00000)"),
        ("7F800000", F32, "infinite (7F800000)"),
        ("7F7FFFFF", F32, "beyond every meter's range (7F7FFFFF)"),
        ("8000", Layout(RegisterType.I16, invalid=frozenset({0x8000})), "not present (8000)"),
        ("FFFFFFFF", Layout(RegisterType.U32, invalid=frozenset({0xFFFFFFFF})), "not present (FFFFFFFF)"),
    ],
)
def test_what_a_meter_marks_as_missing_is_no_number(raw: str, layout: Layout, problem: str) -> None:
    number = decode(words_of(raw), layout)
    assert (number.value, number.problem) == (None, problem)


def test_an_unmarked_pattern_is_a_number() -> None:
    assert decode([0x8000], Layout(RegisterType.I16)).value == -32768


def test_every_hundredth_of_a_kilowatt_hour_below_131072_survives_a_float() -> None:
    for hundredths in [*range(0, 13_107_200, 997), 13_107_199]:
        energy = Decimal(hundredths).scaleb(-2)
        assert decode(encode(energy, F32), F32).value == energy


@given(st.integers(0, 0xFFFFFFFF))
def test_a_float_reads_back_to_the_same_bits(bits: int) -> None:
    words = (bits >> 16, bits & 0xFFFF)
    number = decode(words, FINEST)
    if number.value is None or abs(number.value) < Decimal("1e-5"):
        return
    assert np.float32(str(number.value)) == np.frombuffer(struct.pack(">2H", *words), ">f4")[0]
    assert encode(number.value, FINEST) == words


@given(
    st.sampled_from([kind for kind in RegisterType if not kind.is_float]), st.sampled_from(WordOrder), st.integers(0)
)
def test_integers_come_back_as_they_were_sent(kind: RegisterType, order: WordOrder, seed: int) -> None:
    words = tuple((seed >> 16 * n) & 0xFFFF for n in range(kind.words))
    layout = Layout(kind, Decimal("0.001"), order)
    value = decode(words, layout).value
    assert value is not None and encode(value, layout) == words


@pytest.mark.parametrize("value", ["70000", "-1", "0.05"])
def test_an_integer_register_refuses_what_it_cannot_hold(value: str) -> None:
    with pytest.raises(LocalProtocolError):
        encode(Decimal(value), Layout(RegisterType.U16, Decimal("0.1") if value == "0.05" else Decimal(1)))


def test_a_number_needs_as_many_registers_as_its_type_fills() -> None:
    with pytest.raises(LocalProtocolError, match="fills 2"):
        decode([1], F32)


@pytest.mark.parametrize("step", ["0", "-1", "NaN"])
def test_a_resolution_is_above_zero(step: str) -> None:
    with pytest.raises(ValueError, match="above zero"):
        Layout(RegisterType.U16, Decimal(step))
