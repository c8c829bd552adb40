"""The grid from a file: every wrong cell with its place and what to do, and then all rows or none."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from headend.clock import SteppedClock
from headend.domain.errors import Conflict, ImportRefused
from headend.domain.events import EventKind
from headend.domain.topology import NodeKind, Phase
from headend.services.import_meters import COLUMNS as METER_COLUMNS
from headend.services.import_meters import SUPPLY_COLUMNS, ImportMeters
from headend.services.import_topology import COLUMNS, ImportTopology
from tests.fakes.memory_grid import MemoryTopology
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry
from tests.fakes.meters import registration

ZONE = ZoneInfo("Asia/Shanghai")
HEADER = ",".join(COLUMNS)
NOW = datetime(2026, 11, 24, tzinfo=UTC)
GRID = """\
usage_point,UP-0001,,B1,A,2026-01-01
meter_box,B1,,T1,,2026-01-01
transformer,T1,feeder,F1,,2026-01-01
feeder,F1,,North,,2026-01-01
substation,North,,,,2026-01-01
usage_point,UP-0002,transformer,T1,ABC,2026-01-01T08:00:00Z
"""


class Site:
    """Two usage points, and no grid yet."""

    def __init__(self) -> None:
        self.registry, self.events = MemoryMeterRegistry(), MemoryEventLog()
        self.topology = MemoryTopology(self.registry)
        clock = SteppedClock(NOW)
        self.service = ImportTopology(self.topology, self.registry, zone=ZONE, clock=clock, events=self.events)
        asyncio.run(self.registry.register([registration(1), registration(2)]))

    def run(self, rows: str) -> int:
        return asyncio.run(self.service.run(f"{HEADER}\n{rows}", "grid.csv"))

    def path(self, point: int, at: datetime = NOW) -> list[str]:
        return [node.name for node in asyncio.run(self.topology.path(point, at)).nodes]


@pytest.fixture
def site() -> Site:
    return Site()


def test_rows_in_any_order_make_the_grid(site: Site) -> None:
    assert site.run(GRID) == 6
    assert site.path(1) == ["B1", "T1", "F1", "North"]
    assert site.path(2) == ["T1", "F1", "North"]
    assert [event.kind for event in asyncio.run(site.events.recent(9))] == [EventKind.TOPOLOGY_CHANGED]
    assert site.run(GRID) == 0


def test_a_date_is_local_midnight_and_the_path_before_it_is_unknown(site: Site) -> None:
    site.run(GRID)
    begin = datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert site.path(1, begin) != [] == site.path(1, begin.replace(minute=0, hour=15))


def test_a_later_file_moves_and_keeps_what_was(site: Site) -> None:
    site.run(GRID)
    assert site.run("transformer,T2,,F1,,2026-06-01\nmeter_box,B1,,T2,,2026-06-01\n") == 2
    assert site.path(1) == ["B1", "T2", "F1", "North"]
    assert site.path(1, datetime(2026, 5, 1, tzinfo=UTC)) == ["B1", "T1", "F1", "North"]
    with pytest.raises(Conflict, match="fed otherwise since"):
        site.run("meter_box,B1,,T1,,2026-05-01\n")


@pytest.mark.parametrize(
    ("row", "key", "words"),
    [
        ("pole,X,,,,2026-01-01", "kind", "'pole' is not known"),
        ("feeder,,,North,,2026-01-01", "name", "is empty"),
        ("feeder,F9,,North,,tomorrow", "valid_from", "is no date"),
        ("feeder,F9,,,,2026-01-01", "parent", "is empty"),
        ("feeder,F9,transformer,North,,2026-01-01", "parent_kind", "'transformer' feeds no feeder"),
        ("feeder,F9,,North,A,2026-01-01", "phase", "has no meaning here"),
        ("feeder,F9,,Moon,,2026-01-01", "parent", "there is no substation 'Moon'"),
        ("substation,S9,,North,,2026-01-01", "parent", "has no meaning here"),
        ("usage_point,UP-0001,,B1,D,2026-01-01", "phase", "'D' is not known"),
        ("usage_point,UP-0009,,B1,A,2026-01-01", "name", "there is no usage point 'UP-0009'"),
        ("usage_point,UP-0001,feeder,F1,A,2026-01-01", "parent_kind", "'feeder' feeds no usage point"),
        ("feeder,F1,,North", "", "4 cells, the header has 6"),
        ("feeder,F1,,North,,2026-02-01", "name", "stands in line 5 too"),
    ],
)
def test_a_wrong_cell_is_named_with_its_remedy_and_nothing_is_changed(
    site: Site, row: str, key: str, words: str
) -> None:
    with pytest.raises(ImportRefused) as caught:
        site.run(f"{GRID}{row}\n")
    [error] = caught.value.errors
    assert (error.file, error.line, error.key) == ("grid.csv", 8, key)
    assert words in error.problem and error.remedy
    assert asyncio.run(site.topology.nodes()) == []


def test_all_errors_are_told_at_once_in_the_order_of_their_lines(site: Site) -> None:
    with pytest.raises(ImportRefused) as caught:
        site.run("feeder,F9,,Moon,,x\npole,X,,,,x\nusage_point,UP-7,,B1,A,2026-01-01\n")
    assert [(e.line, e.key) for e in caught.value.errors] == [
        (2, "valid_from"),
        (3, "kind"),
        (4, "parent"),
        (4, "name"),
    ]


class TestMetersFileWithSupply:
    """The optional columns of the meters file."""

    HEADER = ",".join((*METER_COLUMNS, *SUPPLY_COLUMNS))
    ROW = "UP-9,residential,40,A-9,dlt645,dlt645-2007,9,tcp://10.0.0.9:8899,1,2026-03-01"

    def imported(self, site: Site, *tails: str) -> int:
        service = ImportMeters(
            site.registry,
            lambda protocol, address, url, profile: (address, url),
            zone=ZONE,
            clock=SteppedClock(NOW),
            events=site.events,
            changed=lambda: None,
        )
        rows = [
            f"{self.ROW},{tail}".replace("UP-9", f"UP-{n}").replace("A-9", f"A-{n}").replace(",9,", f",{n},")
            for n, tail in enumerate(tails, start=3)
        ]
        return asyncio.run(service.run("\n".join([self.HEADER, *rows, ""]), "meters.csv"))

    def test_transformer_box_and_phase_hold_from_the_installing_on(self, site: Site) -> None:
        assert self.imported(site, "T5,B5,C", "T5,,", ",,") == 3
        assert site.path(3) == ["B5", "T5"] and site.path(4) == ["T5"] and site.path(5) == []
        assert asyncio.run(site.topology.path(3, NOW)).phase is Phase.C
        assert asyncio.run(site.topology.path(4, NOW)).phase is Phase.ABC
        assert site.path(3, datetime(2026, 2, 28, tzinfo=UTC)) == []

    def test_a_wrong_phase_or_one_without_a_place_is_named(self, site: Site) -> None:
        with pytest.raises(ImportRefused) as caught:
            self.imported(site, "T5,B5,L1", ",,A")
        assert [(e.line, e.key) for e in caught.value.errors] == [(2, "phase"), (3, "phase")]
        assert len(asyncio.run(site.registry.installations())) == 2

    def test_a_box_that_hangs_elsewhere_refuses_the_whole_file(self, site: Site) -> None:
        site.run(GRID)
        with pytest.raises(Conflict, match="fed otherwise since"):
            self.imported(site, "T5,B5,A", "T9,B5,A")
        assert len(asyncio.run(site.registry.installations())) == 2
        assert [node.name for node in asyncio.run(site.topology.nodes(NodeKind.TRANSFORMER))] == ["T1"]
