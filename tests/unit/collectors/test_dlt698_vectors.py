"""Published DL/T 698.45 answers through the driver and the shipped profile: exact values, in the table's units.

The scales are written here once more, from the standard, beside the published counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from headend.domain.readings import ReadingSource
from protocols import dlt698
from protocols.dlt698.frame import parse
from tests.unit.collectors.dlt698_conversations import METER, NOW, PROFILE, converse, driver
from tests.vectors.dlt698 import Vector, load

VECTORS = {vector.name: vector for vector in load()}
TARIFFS = ("active_energy_import", *(f"active_energy_import_t{n}" for n in range(1, 5)))
POWERS = ("active_power", *(f"active_power_l{n}" for n in range(1, 4)))
VOLTAGES = tuple(f"voltage_l{n}" for n in range(1, 4))
EXPECTED: dict[str, tuple[Sequence[str], dict[str, str]]] = {
    "get-00100201-resp": (["active_energy_import"], {"active_energy_import": "1234.56"}),
    "get-00100200-resp": (
        ["00100200"],
        dict(zip(TARIFFS, ("1234.56", "100.00", "200.00", "300.00", "634.56"), strict=True)),
    ),
    "get-00500201-resp": (["1-0:5.8.0"], {"reactive_energy_q1": "543.21"}),
    "get-00100401-resp": (["00100401"], {"active_energy_import": "1234.5678"}),
    "get-u-resp": (["20000200"], dict(zip(VOLTAGES, ("241.3", "241.4", "241.5"), strict=True))),
    "get-p-resp": (["20040200"], dict(zip(POWERS, ("6.0000", "2.0100", "1.9900", "2.0000"), strict=True))),
    "get-list-resp-dar4": (
        ["20000200", "20140200", "200F0200"],
        {**dict(zip(VOLTAGES, ("241.3", "241.4", "241.5"), strict=True)), "frequency": "50.00"},
    ),
    "get-demand-resp": (["max_demand_import"], {"max_demand_import": "1.2345"}),
    "get-freq-resp": (["frequency"], {"frequency": "50.00"}),
    "get-pf-resp": (["power_factor"], {"power_factor": "0.894"}),
}
REQUESTS = {"get-00100201-req": "get-00100201-resp", "get-00100200-req": "get-00100200-resp"} | {
    "get-00500201-req": "get-00500201-resp",
    "get-list-req": "get-list-resp-dar4",
}
AT_ZERO = replace(METER, meter=replace(METER.meter, server_address="000000000000"))
AS_NOBODY = replace(PROFILE, client=0)


def told(vector: Vector, items: Sequence[str], message: bytes) -> tuple[dict[str, str], list[bytes]]:
    """Reading values by name when the published answer is given, with the number of each request; and the requests."""
    asked: list[bytes] = []

    def reply(request: dlt698.Frame) -> Sequence[dlt698.Frame]:
        asked.append(dlt698.encode(request, preamble=0))
        return [parse(vector.raw)._replace(data=message[:2] + request.data[2:3] + message[3:])]

    answer = converse(driver(AS_NOBODY).read(AT_ZERO, items, ReadingSource.ON_DEMAND), reply)
    return {r.reading_type.name: r.text or "" for r in answer.results if r.reading_type is not None}, asked


@pytest.mark.parametrize("name", EXPECTED)
def test_published_answers_give_exact_readings(name: str) -> None:
    vector, (items, expected) = VECTORS[name], EXPECTED[name]
    assert told(vector, items, parse(vector.raw).data)[0] == expected


@pytest.mark.parametrize("name", EXPECTED)
def test_a_wrong_count_or_another_object_is_caught(name: str) -> None:
    vector, (items, expected) = VECTORS[name], EXPECTED[name]
    raw = bytearray(parse(vector.raw).data)
    last = -10 if name == "get-demand-resp" else -3
    raw[last] ^= 0x01
    assert told(vector, items, bytes(raw))[0] != expected
    raw = bytearray(parse(vector.raw).data)
    raw[4 if raw[1] == 1 else 5] ^= 0x70
    assert told(vector, items, bytes(raw))[0] != expected


@pytest.mark.parametrize("name", REQUESTS)
def test_the_driver_asks_as_published(name: str) -> None:
    answer = VECTORS[REQUESTS[name]]
    items = [str(oad) for oad in VECTORS[name].facts["oads"]]
    _, asked = told(answer, items, parse(answer.raw).data)
    assert asked[0] == VECTORS[name].raw


def test_the_published_clock_is_compared_with_ours() -> None:
    vector = VECTORS["get-clock-resp"]
    answer = converse(
        driver(AS_NOBODY).read(AT_ZERO, ["clock"], ReadingSource.ON_DEMAND), lambda request: [parse(vector.raw)]
    )
    shown = datetime(2026, 10, 7, 14 - 8, 16, 26, tzinfo=UTC)
    assert [r.value for r in answer.readings] == [Decimal(int((shown - NOW).total_seconds()))]


def test_every_object_that_is_asked_each_cycle_has_a_published_answer_or_the_type_of_one() -> None:
    seen = {oad[:6] for items, _ in EXPECTED.values() for oad in items if len(oad) == 8}
    seen |= {"200F02", "200A02", "clock"}
    assert {item[:6] if item != "clock" else item for item in PROFILE.periodic} - seen == {"002002", "200102"}
