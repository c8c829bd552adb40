"""Every route is closed until the table opens it, and opens to nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from starlette.routing import BaseRoute, Mount, Route

from api.access import ACCESS, Door, GuardedRoute
from api.app import create_app
from api.console.static_files import STATIC_PATH
from headend.domain.users import GRANTS, Permission, Role
from tests.fakes.api_services import Site
from tests.unit.api.conftest import SignedIn, client_of


def routes_of(routes: list[BaseRoute]) -> Iterator[BaseRoute]:
    """All routes, those of included routers as well."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from routes_of(included.routes)


def test_every_route_is_guarded_and_stands_in_the_table(app: FastAPI) -> None:
    found = set()
    for route in routes_of(app.routes):
        if isinstance(route, Mount):
            assert route.path == STATIC_PATH, "files that everybody may have are the only mount"
            continue
        assert isinstance(route, GuardedRoute), route
        found |= {f"{method} {route.path}" for method in route.methods or ()}
    assert found == set(ACCESS), "the table and the routes are the same list"


def test_a_route_without_an_entry_cannot_be_built() -> None:
    router = APIRouter(route_class=GuardedRoute)
    with pytest.raises(KeyError):

        @router.get("/api/v1/back-door")
        async def back_door() -> None: ...


@pytest.mark.parametrize("route", sorted(ACCESS))
@pytest.mark.parametrize("role", [None, *Role])
def test_the_matrix_of_roles_and_routes(route: str, role: Role | None, app: FastAPI, site: Site) -> None:
    method, path = route.split()
    required = ACCESS[route]
    if path == "/api/v1/feed" and role is not None:
        return  # an open stream: see test_feed
    client = client_of(app, None if role is None else site.token_of(role))
    response = client.request(method, re.sub(r"\{\w+\}", "1", path), headers={"Accept": "application/json"})
    status = response.status_code
    if required is Door.OPEN:
        assert "sign in first" not in response.text and status != 403
    elif role is None:
        assert status == 401
    elif isinstance(required, Permission) and required not in GRANTS[role]:
        assert status == 403
    else:
        assert status not in (401, 403)


def test_the_guard_speaks_before_the_body_is_read(nobody: TestClient) -> None:
    response = nobody.post("/api/v1/billing-batches", content=b"{", headers={"Content-Type": "application/json"})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="headend"'


def test_an_expired_session_opens_nothing(signed_in: SignedIn, site: Site) -> None:
    from datetime import timedelta

    client = signed_in(Role.VIEWER)
    assert client.get("/api/v1/meters").status_code == 200
    site.clock.move_to(site.clock.now() + timedelta(hours=13))
    assert client.get("/api/v1/meters").status_code == 401


def test_a_wrong_header_is_not_helped_by_a_good_cookie(site: Site, app: FastAPI) -> None:
    client = client_of(app, "wrong")
    client.cookies.set("headend_session", site.token_of(Role.ADMIN))
    assert client.get("/api/v1/meters").status_code == 401


def test_create_app_serves_no_route_that_is_not_ours() -> None:
    app = create_app(Site().services)
    assert not [route for route in routes_of(app.routes) if type(route) is Route]
