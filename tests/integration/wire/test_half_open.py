"""C07 in short: gateways behind a network that goes dark; the full form is `make soak ONLY=C07`."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.campaigns.half_open import CONNECTS_PER_S, SHORT_DARK_S, Told, darkness, judged

SHIPPED, UNWATCHED, TOGETHER = 1, 2, 3
Gateways = Mapping[str, Told]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def gateways() -> Gateways:
    """One darkness for all: the shipped line, and beside it lines that lack something."""
    return darkness(645, 16, SHORT_DARK_S, {"unwatched": 4, "together": CONNECTS_PER_S + 6})


def made_as(kind: int, gateways: Gateways) -> Gateways:
    return {address: told for address, told in gateways.items() if address.startswith(f"10.77.{kind}.")}


@pytest.mark.xdist_group("half_open")
def test_half_open_gateways_are_found_dead_and_come_back_one_after_the_other(gateways: Gateways) -> None:
    shipped = made_as(SHIPPED, gateways)
    assert len(shipped) == 16
    assert judged(shipped) == []


@pytest.mark.xdist_group("half_open")
def test_a_line_whose_peer_the_kernel_does_not_watch_notices_nothing(gateways: Gateways) -> None:
    assert len([words for words in judged(made_as(UNWATCHED, gateways)) if "not found dead" in words]) == 4


@pytest.mark.xdist_group("half_open")
def test_lines_without_chance_come_back_all_at_once(gateways: Gateways) -> None:
    (words,) = judged(made_as(TOGETHER, gateways))
    assert words.endswith("connects in a second")
