"""Clocks over HTTP and in the console: listed, set by order, and why nothing was sent; who may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import pytest
from fastapi.testclient import TestClient

from headend.domain.clock_correction import Remedy
from headend.domain.collection import ItemResult, MeterAnswer
from headend.domain.metering import MeterInstallation, Protocol
from headend.domain.users import Role
from tests.fakes.api_services import NOW, Site
from tests.unit.api.conftest import SignedIn


@pytest.fixture
def meter(site: Site) -> int:
    """A meter whose clock can be set."""
    return next(one.id for one in site.registry.known if one.meter.protocol is Protocol.DLT645)


def tells(site: Site, *offsets: int) -> None:
    """Each read of a clock has the next of these offsets."""
    left: Iterator[int] = iter(offsets)

    def answer(installation: MeterInstallation, items: Sequence[str]) -> MeterAnswer:
        seconds, kind = next(left), site.types.by_name("clock_offset")
        result = ItemResult("clock", kind, str(seconds), Decimal(seconds), "s", NOW, NOW)
        return MeterAnswer(installation, (result,), ())

    site.gateway.answer = answer


def test_an_order_is_sent_once_and_told(site: Site, admin: TestClient, meter: int) -> None:
    tells(site, 120, 0)
    told = admin.post(f"/api/v1/meters/{meter}/clock/correction")
    assert told.status_code == 201
    assert (told.json()["remedy"], told.json()["outcome"], told.json()["after_s"]) == ("broadcast", "corrected", 0)
    assert site.setter.sent == [(meter, Remedy.BROADCAST, None)]
    assert [one["outcome"] for one in admin.get(f"/api/v1/meters/{meter}/clock").json()["orders"]] == ["corrected"]


def test_what_cannot_be_done_is_told_and_nothing_is_sent(site: Site, admin: TestClient, meter: int) -> None:
    tells(site, 4000)
    told = admin.post(f"/api/v1/meters/{meter}/clock/correction")
    assert told.status_code == 409 and "no password" in told.json()["detail"]
    assert site.setter.sent == []


@pytest.mark.parametrize("path", ["/api/v1/meters/1/clock/correction", "/meters/1/clock/correct"])
def test_a_viewer_sets_no_clock(site: Site, signed_in: SignedIn, path: str) -> None:
    viewer = signed_in(Role.VIEWER)
    assert viewer.post(path, headers={"Origin": "http://testserver"}).status_code in (403, 303)
    assert site.setter.sent == []


def test_the_button_shows_what_came_of_it(site: Site, admin: TestClient, meter: int) -> None:
    tells(site, 120, 100)
    assert admin.post(f"/meters/{meter}/clock/correct").headers["location"] == f"/meters/{meter}#clock"
    page = admin.get(f"/meters/{meter}").text
    assert "Set this clock" in page and "did not move" in page and "+120 s" in page


def test_a_site_that_never_read_a_clock_lists_none(site: Site, admin: TestClient) -> None:
    assert admin.get("/api/v1/clocks").json() == {"clocks": []}
