"""Identity over HTTP and in the console: who answers, confirm, reject, exchange, plan; who may."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from headend.domain.exchanges import IdentityTold
from headend.domain.identity import IdentityFinding
from headend.domain.instants import iso
from headend.domain.readings import RawFrame
from headend.domain.users import Role
from tests.fakes.api_services import NOW, Site
from tests.unit.api.conftest import SignedIn

NEW = "700000000009"
AGO = iso(NOW - timedelta(minutes=1))
REGISTERS = {"at": AGO, "last_register": "99999.50", "first_register": "0", "note": "WO 17"}
FORM = {"at": "2026-11-24T11:06", "last_register": "99999.50", "first_register": "0"}


async def _open(site: Site) -> None:
    told = IdentityTold(await site.registry.installation(1), NEW, NOW, RawFrame(b"\x68\x11", b"\x68\x91"))
    await site.exchanges.open(told, IdentityFinding.EXCHANGED)


@pytest.fixture
def found(site: Site) -> Site:
    """Another meter answers in the place of installation 1."""
    asyncio.run(_open(site))
    return site


def test_a_meter_that_people_stand_behind_is_told_so(admin: TestClient) -> None:
    told = admin.get("/api/v1/meters/1/identity").json()
    assert (told["state"], told["is_switching_blocked"], told["case"]) == ("confirmed", False, None)
    assert admin.get("/api/v1/meters/999/identity").status_code == 404


def test_another_meter_blocks_switching_and_shows_its_proof(found: Site, admin: TestClient) -> None:
    old, new = (admin.get(f"/api/v1/meters/{number}/identity").json() for number in (1, 5))
    assert (old["state"], new["state"]) == ("superseded", "unconfirmed")
    assert old["is_switching_blocked"] and new["is_switching_blocked"]
    assert (new["case"]["identity"], new["case"]["reply"], new["case"]["old"]) == (NEW, "6891", 1)
    (case,) = admin.get("/api/v1/identity-cases?state=open").json()["cases"]
    assert case == new["case"]


def test_a_person_confirms_it(found: Site, admin: TestClient) -> None:
    told = admin.post("/api/v1/meters/1/identity/confirm", json=REGISTERS).json()
    assert (told["installation"], told["state"], told["is_switching_blocked"]) == (5, "confirmed", False)
    assert (told["history"][0]["closed_by"], told["history"][0]["last_register"]) == ("admin", "99999.50")
    assert admin.get("/api/v1/meters/1/identity").json()["removed_at"] == AGO
    assert admin.post("/api/v1/meters/5/identity/reject", json={}).status_code == 409


def test_a_person_rejects_it(found: Site, admin: TestClient) -> None:
    told = admin.post("/api/v1/meters/5/identity/reject", json={"note": "cable"}).json()
    assert (told["installation"], told["state"], told["history"][0]["state"]) == (1, "confirmed", "rejected")


def test_an_exchange_is_told_or_planned(admin: TestClient) -> None:
    said = {"serial_number": NEW, "at": iso(NOW + timedelta(days=1))}
    planned = admin.post("/api/v1/meters/2/exchange", json=said)
    assert (planned.status_code, planned.json()["planned"]["serial_number"]) == (201, NEW)
    assert admin.post("/api/v1/meters/2/exchange", json=said | {"at": AGO}).status_code == 409
    done = admin.post("/api/v1/meters/2/exchange", json=REGISTERS | {"serial_number": NEW}).json()
    assert (done["installation"], done["serial_number"], done["planned"]) == (5, NEW, None)


def test_the_superseded_meter_is_not_read_any_more(found: Site, admin: TestClient) -> None:
    assert admin.post("/api/v1/readings/now", json={"installation": 1, "items": []}).status_code == 409


@pytest.mark.parametrize("decision", ["confirm", "reject"])
def test_only_who_manages_meters_decides(found: Site, signed_in: SignedIn, decision: str) -> None:
    viewer = signed_in(Role.VIEWER)
    assert viewer.post(f"/api/v1/meters/1/identity/{decision}", json=REGISTERS).status_code == 403
    assert viewer.post(f"/meters/1/identity/{decision}", data=FORM).status_code == 403
    page = viewer.get("/meters/1").text
    assert NEW in page and "/identity/confirm" not in page


def words_of(page: str, words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in page]


@pytest.mark.parametrize("number", [1, 5])
def test_both_pages_say_what_is_wrong_and_offer_the_decision(found: Site, admin: TestClient, number: int) -> None:
    page = admin.get(f"/meters/{number}").text
    wanted = ["Another meter answers here", NEW, "Switching is blocked", "Confirm the exchange", "Reject it"]
    assert words_of(page, wanted) == []
    chinese = admin.get(f"/meters/{number}", headers={"Accept-Language": "zh"}).text
    assert words_of(chinese, ["此处应答的是另一块电表", "禁止拉合闸", "确认换表"]) == []


def test_the_forms_confirm_and_reject(found: Site, admin: TestClient) -> None:
    done = admin.post("/meters/1/identity/confirm", data=FORM)
    assert (done.status_code, done.headers["location"]) == (303, "/meters/5")
    page = admin.get("/meters/5").text
    assert words_of(page, ["Exchanges", "99999.50", "by admin"]) == [] and "Switching is blocked" not in page
    gone = admin.get("/meters/1").text
    assert "hangs here no more" in gone and 'id="read-now"' not in gone
    asyncio.run(_found_again(found))
    back = admin.post("/meters/5/identity/reject", data={"note": ""})
    assert (back.status_code, back.headers["location"]) == (303, "/meters/5")


async def _found_again(site: Site) -> None:
    told = IdentityTold(await site.registry.installation(5), "700000000010", NOW)
    await site.exchanges.open(told, IdentityFinding.EXCHANGED)
