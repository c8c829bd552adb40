"""What we ship: no dependency takes our names, lock files carry hashes and no host, nothing of one machine."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess

import pytest

from tests.architecture.rooms import ROOMS, ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def test_no_dependency_claims_one_of_our_names() -> None:
    owners = importlib.metadata.packages_distributions()
    for room in ROOMS:
        assert set(owners.get(room, ["headend"])) == {"headend"}, room


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_file_has_a_hash_for_each_pin_and_no_host(lock: object) -> None:
    text = lock.read_text(encoding="utf-8")  # type: ignore[attr-defined]  # a Path
    assert not re.search(r"https?://|--index-url|--find-links", text)
    for requirement in re.split(r"\n(?=[a-z0-9])", text):
        if "==" in requirement.splitlines()[0]:
            assert "--hash=sha256:" in requirement, requirement.splitlines()[0]


def test_nothing_names_one_machine() -> None:
    forbidden = [r"/wor" + r"k/", r"\.\./sha" + "red", r"\.libr" + "ary", r"/tmp/bri" + "ef"]
    found = subprocess.run(
        ["git", "grep", "-nIE", "|".join(forbidden)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.stdout == ""
