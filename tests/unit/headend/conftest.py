"""The shipped reading types, which every test of the core may use."""

from __future__ import annotations

import pytest

from headend import shipped
from headend.domain.reading_types import ReadingTypeTable


@pytest.fixture(scope="session")
def types() -> ReadingTypeTable:
    return shipped.reading_types(shipped.config_root())
