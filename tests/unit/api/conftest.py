"""A filled site, its application, and a client for each role."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from headend.domain.users import Role
from tests.fakes.api_services import Site
from tests.fakes.metered_day import fill

SignedIn = Callable[[Role], TestClient]


@pytest.fixture(scope="session")
def filled_site() -> Site:
    """For tests that change nothing."""
    site = Site()
    asyncio.run(fill(site))
    return site


@pytest.fixture
def site() -> Site:
    """For tests that change something."""
    site = Site()
    asyncio.run(fill(site, meters=4))
    return site


@pytest.fixture
def app(site: Site) -> FastAPI:
    return create_app(site.services)


@pytest.fixture
def nobody(app: FastAPI) -> TestClient:
    return client_of(app)


@pytest.fixture
def signed_in(site: Site, app: FastAPI) -> SignedIn:
    return lambda role: client_of(app, site.token_of(role))


@pytest.fixture
def admin(signed_in: SignedIn) -> TestClient:
    return signed_in(Role.ADMIN)


def client_of(app: FastAPI, token: str | None = None) -> TestClient:
    """A client that sends a bearer token, follows no redirects and sees 500 as an answer."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return TestClient(app, headers=headers, follow_redirects=False, raise_server_exceptions=False)
