"""The SunSpec face: a chain as the standard wants it, one exponent for each group, points that a meter lacks marked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import numpy as np
import pytest

from simulators.faces.register_map import RegisterMap
from simulators.faces.sunspec_registers import SunSpecFloats, SunSpecIntegers, as_held
from simulators.meter import SimulatedMeter

MakeMeter = Callable[..., SimulatedMeter]
METER = 40076  # the first register of the meter's model


def words(registers: RegisterMap, meter: SimulatedMeter, at: datetime, span: range) -> list[int]:
    image = registers.read(meter, span, at)
    assert image is not None
    return list(image.words)


@pytest.mark.parametrize(
    ("registers", "phases", "model", "length"),
    [
        (SunSpecIntegers(), 1, 201, 105),
        (SunSpecIntegers(), 3, 203, 105),
        (SunSpecFloats(), 1, 211, 124),
        (SunSpecFloats(), 3, 213, 124),
    ],
)
def test_the_chain_leads_to_the_meter_and_ends(
    make_meter: MakeMeter, now: datetime, registers: RegisterMap, phases: int, model: int, length: int
) -> None:
    meter = make_meter(phases=phases)
    assert words(registers, meter, now, range(40000, 40004)) == [0x5375, 0x6E53, 1, 66]
    assert words(registers, meter, now, range(40070, 40072)) == [64901, 4]
    assert words(registers, meter, now, range(METER, METER + 2)) == [model, length]
    end = METER + 2 + length
    assert words(registers, meter, now, range(end, end + 2)) == [0xFFFF, 0]
    assert registers.read(meter, range(end, end + 3), now) is None
    assert registers.read(meter, range(39999, 40001), now) is None


def test_counts_and_exponents_are_the_energies(make_meter: MakeMeter, now: datetime) -> None:
    meter = make_meter(phases=3)
    model = words(SunSpecIntegers(), meter, now, range(METER, METER + 107))
    watt_hours = (model[46] << 16 | model[47]) * 10 ** model[54]
    assert Decimal(watt_hours).scaleb(-3) == meter.energy(now).register("active_energy_import")


def test_a_phase_that_is_not_there_is_marked(meter: SimulatedMeter, now: datetime) -> None:
    model = words(SunSpecIntegers(), meter, now, range(METER, METER + 107))
    assert model[4] == model[9] == model[20] == 0x8000
    floats = words(SunSpecFloats(), meter, now, range(METER, METER + 124))
    assert np.isnan(np.array(floats[6:8], dtype=">u2").view(">f4")[0])


def test_a_float_of_watt_hours_holds_single_ones_up_to_16_mwh() -> None:
    assert as_held(Decimal("16777.21")) == Decimal("16777.210")
    assert as_held(Decimal("999999.99")) == Decimal("1000000")
