"""Words of closed sets fit into their columns: SQLite would take longer ones, PostgreSQL refuses them."""

from __future__ import annotations

from enum import StrEnum

import pytest
from sqlalchemy import String, Table

from headend.domain.clock_correction import Outcome, Remedy
from headend.domain.clocks import JumpCause
from headend.domain.exchanges import CaseState
from headend.domain.meter_states import DraftStanding, StateKind
from headend.domain.metering import InstallationState
from headend.domain.readings import ReadingSource
from headend.domain.routes import RouteKind
from headend.domain.special_reads import SpecialState
from headend.domain.topology import Phase
from headend.domain.ways import WayReason
from headend.stores.state import SqlGapLedger
from headend.stores.state.models import Model

COLUMNS: dict[str, type[StrEnum]] = {
    "meter_installation.state": InstallationState,
    "supply_link.phase": Phase,
    "identity_case.state": CaseState,
    "special_read.state": SpecialState,
    "route.kind": RouteKind,
    "way_choice.reason": WayReason,
    "field_reading.source": ReadingSource,
    "clock_jump.cause": JumpCause,
    "clock_order.remedy": Remedy,
    "clock_order.outcome": Outcome,
    "work_order_draft.kind": StateKind,
    "work_order_draft.standing": DraftStanding,
    "meter_state.kind": StateKind,
}
TEXTS = {"day", "valid_from", "valid_to", "window_start", "window_end", "instead_of_day", "digest", "sha256"}


def table(name: str) -> Table:
    return Model.metadata.tables[name]


@pytest.mark.parametrize("place", COLUMNS)
def test_the_longest_word_fits(place: str) -> None:
    name, column = place.split(".")
    kind = table(name).columns[column].type
    assert isinstance(kind, String) and kind.length is not None
    assert max(len(word.value) for word in COLUMNS[place]) <= kind.length


def test_every_short_column_is_looked_at() -> None:
    assert SqlGapLedger.__module__  # all tables are known once the package is
    short = {
        f"{one.name}.{column.name}"
        for one in Model.metadata.tables.values()
        for column in one.columns
        if isinstance(column.type, String) and (column.type.length or 255) < 64 and column.name not in TEXTS
    }
    assert short == set(COLUMNS)
