"""The bench against a whole gateway, tiny: ours is durable, and the other's configuration and output are understood.

The other program itself is installed by `make bench ONLY=peer` alone, so that the tests do not need it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benches import durable_modbus, foreign_gateway
from tests.benches.alone import Loop, alone
from tests.benches.foreign_gateway import Form, Meters
from tests.benches.head_end_parts import loopback
from tests.benches.quick_meters import quick_meters

ADDRESSES, VALUES = [("127.0.1.1", 502)], 18


def test_every_value_of_ours_is_durable_when_a_round_ends(tmp_path: Path) -> None:
    with quick_meters("modbus") as port:
        given = (loopback(3, port), VALUES, 2, tmp_path)
        with alone(Loop.UVLOOP, durable_modbus.contender, *given) as ours:
            assert [ours(), ours()] == [3 * VALUES * 2] * 2


def test_both_forms_of_the_configuration_ask_for_the_same_registers() -> None:
    names, whole = (foreign_gateway.registers(Meters(ADDRESSES, VALUES, form, 100)) for form in Form)
    assert [row["address"] for row in names] == list(range(0, 2 * VALUES, 2))
    assert [row["address"] for row in whole] == [f"0-{2 * VALUES - 1}"]


def test_values_are_counted_and_not_messages_or_rows() -> None:
    told = {"meter 0": [{"ts": 1, "values": {"v_0": 1.5, "v_2": 2}}, {"ts": 2, "values": {"v_0": 1}}], "meter 1": []}
    assert foreign_gateway.values_in(json.dumps(told).encode()) == 3


def test_where_the_program_is_missing_the_bench_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign_gateway, "HOME", tmp_path)
    with pytest.raises(AssertionError, match="make bench ONLY=peer"):
        foreign_gateway.sustained_rate(tmp_path, Meters(ADDRESSES, VALUES, Form.RANGE, 100), 0.1, 0.1)
