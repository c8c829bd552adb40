"""What we ship: no dependency takes our names, lock files carry hashes and no host, nothing of one machine."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.rooms import ROOMS, ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def test_no_dependency_claims_one_of_our_names() -> None:
    owners = importlib.metadata.packages_distributions()
    for room in ROOMS:
        assert set(owners.get(room, ["headend"])) == {"headend"}, room


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_file_has_a_hash_for_each_pin_and_no_host(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
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


@pytest.fixture(scope="module")
def installed_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distribution as its users get it, unpacked beside nothing else of ours."""
    folder = tmp_path_factory.mktemp("wheel")
    binaries = Path(sys.executable).parent
    built = [binaries / "hatchling", "build", "-t", "wheel", "-d", folder / "dist"]
    subprocess.run(built, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next((folder / "dist").glob("*.whl"))) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_carries_its_data(installed_wheel: Path) -> None:
    for name in (
        "headend/_config/reading_types.csv",
        "headend/_config/profiles/modbus/eastron-sdm630.yaml",
        "headend/_config/validation/rules.yaml",
        "headend/stores/migrations/versions/0001_first_slice.py",
        "api/console/locale/zh/LC_MESSAGES/messages.po",
        "api/console/templates/base.html",
        "api/console/static/console.css",
    ):
        assert (installed_wheel / name).is_file(), name
    assert list((installed_wheel / "api/console/static/vendor").glob("*.js"))
    assert not (installed_wheel / "tests").exists()


def test_a_site_is_made_from_the_wheel_alone(installed_wheel: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import headend.shipped; from headend.cli import main; main()", "init", "--json"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(installed_wheel), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data" / "state.sqlite").exists()
