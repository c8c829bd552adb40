"""The town of the demonstration: what stands in it, and fleets of any size that take their part of it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend import shipped
from headend.bootstrap.demo_fleet import plan_buses
from headend.bootstrap.demo_site import Transformer, grid, share, town
from headend.domain.errors import ConfigError, ImportRefused
from headend.domain.metering import Protocol
from headend.domain.topology import NodeKind
from simulators import build_fleet

FOLDER = shipped.config_root() / "demo"
TOWN = town(FOLDER)
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_town_has_three_substations_twenty_feeders_and_ten_thousand_customers() -> None:
    kinds = Counter(placement.kind for placement in grid(TOWN, SINCE))
    assert kinds == {NodeKind.SUBSTATION: 3, NodeKind.FEEDER: 20, NodeKind.TRANSFORMER: 300}
    assert sum(one.customers for one in TOWN) == 10_000


@given(st.integers(1, 30_000))
def test_every_meter_has_its_transformer_whatever_the_size(meters: int) -> None:
    shared = share(TOWN, meters)
    assert sum(count for _, count in shared) == meters
    growth = -(-meters // 10_000)
    assert all(1 <= count <= one.customers * growth for one, count in shared)
    if meters >= 3:
        assert {one.kind.protocol for one, _ in shared} == {Protocol.DLT645, Protocol.MODBUS, Protocol.MQTT}


def test_the_whole_town_is_the_file() -> None:
    assert {one.name: count for one, count in share(TOWN, 10_000)} == {o.name: o.customers for o in TOWN}


def test_lines_are_no_longer_than_their_kind_allows_and_addresses_are_unique() -> None:
    buses = plan_buses(TOWN, 10_000, 645, SINCE)
    assert all(bus.fleet.count <= bus.transformer.kind.meters_per_line for bus in buses)
    assert Counter(bus.protocol for bus in buses for _ in range(bus.fleet.count)) == {
        Protocol.DLT645: 6_000,
        Protocol.MODBUS: 2_500,
        Protocol.MQTT: 1_500,
    }
    addresses = {int(bus.fleet.first_address) + n for bus in buses for n in range(bus.fleet.count)}
    assert len(addresses) == 10_000


def test_a_transformer_feeds_the_classes_of_its_kind() -> None:
    def classes(of: Transformer) -> set[str]:
        buses = [bus for bus in plan_buses(TOWN, 10_000, 645, SINCE) if bus.transformer is of]
        return {str(meter.spec.customer_class) for bus in buses for meter in build_fleet(bus.fleet)}

    park = next(one for one in TOWN if "industrial" in one.kind.classes)
    assert "residential" not in classes(park) and "industrial" in classes(park)


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ("A,F,T,castle,3", "kind"),
        ("A,F,T,village,none", "customers"),
        ("A,F,T,village,0", "customers"),
        (",F,T,village,1", "substation"),
    ],
)
def test_a_wrong_row_is_told_with_its_line(tmp_path: Path, row: str, key: str) -> None:
    (tmp_path / "kinds.yaml").write_text((FOLDER / "kinds.yaml").read_text())
    (tmp_path / "transformers.csv").write_text(f"substation,feeder,transformer,kind,customers\n{row}\n")
    with pytest.raises(ImportRefused) as refused:
        town(tmp_path)
    assert [(error.line, error.key) for error in refused.value.errors] == [(2, key)]


def test_classes_that_are_no_hundred_per_cent_are_refused(tmp_path: Path) -> None:
    text = (FOLDER / "kinds.yaml").read_text().replace("residential: 90", "residential: 80")
    (tmp_path / "kinds.yaml").write_text(text)
    with pytest.raises(ConfigError, match="90 per cent"):
        town(tmp_path)
