"""The example of docs/how-to-add-a-meter-profile.md: it loads, its vectors agree, and they notice every mistake."""

from __future__ import annotations

import re
from pathlib import Path

from collectors.profiles import ModbusProfile
from collectors.units import unit_names
from headend import shipped
from tests.unit.collectors.register_vectors import Judge, Origin, unproven, vectors_of
from tests.unit.collectors.test_profile_vectors import TYPES, unnoticed

GUIDE = (Path(__file__).parents[3] / "docs" / "how-to-add-a-meter-profile.md").read_text(encoding="utf-8")


def test_the_example_is_right_and_complete(tmp_path: Path) -> None:
    for folder, text in zip(("profile", "vectors"), re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL), strict=True):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "acme-100.yaml").write_text(text)
    profile = shipped.telling_profile(tmp_path / "profile" / "acme-100.yaml", TYPES)
    assert isinstance(profile, ModbusProfile)
    vectors = vectors_of("acme-100", tmp_path / "vectors")
    complaints = [Judge(profile, TYPES).complaint(profile.told[vector.reading_type], vector) for vector in vectors]
    assert not any(complaints) and not list(unproven(profile, vectors)) and unnoticed(profile, vectors) == []


def test_the_closed_sets_are_told() -> None:
    assert all(f"`{origin}`" in GUIDE for origin in Origin)
    units = re.findall(r"[A-Za-z]+", unit_names().split("one of ")[1].split(", also")[0])
    listed = GUIDE.split("`unit` | what the register is told in: `")[1].split("`")[0].split()
    assert sorted(units) == sorted(listed)
