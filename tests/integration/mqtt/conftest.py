"""A real Mosquitto for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.mosquitto import MOSQUITTO as MOSQUITTO
from tests.fakes.mosquitto import Broker as Broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    running = Broker(tmp_path)
    running.start()
    yield running
    running.kill()
