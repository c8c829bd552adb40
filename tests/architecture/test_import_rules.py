"""Each import rule is alive: one planted break per contract, and the contract must say so."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.rooms import ROOMS, ROOT

# contract id: (file to plant, its code)
BREAKS = {
    "layers": ("headend/domain/planted.py", "import headend.services.read_now"),
    "protocols-know-nobody": ("protocols/dlt645/planted.py", "import asyncio"),
    "pure-core": ("headend/services/planted.py", "import sqlalchemy"),
    "api-boundary": ("api/planted.py", "import headend.stores.state"),
    "collectors-boundary": ("collectors/planted.py", "import headend.services.read_now"),
    "simulators-boundary": ("simulators/planted.py", "import headend.domain.readings"),
    "nothing-switches": ("collectors/planted.py", "import protocols.dlt645.supply_control"),
    "siblings-protocols": ("protocols/dlt645/planted.py", "import protocols.modbus"),
    "siblings-drivers": ("collectors/drivers/planted.py", "import collectors.drivers.dlt645"),
    "siblings-rules": ("headend/rules/validation/planted.py", "import headend.rules.validation.spike"),
    "siblings-stores": ("headend/stores/state/planted.py", "import headend.stores.readings"),
    "siblings-exports": ("headend/exports/planted.py", "import headend.exports.csv_file"),
}
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]


def lint(folder: Path, contract: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", "--contract", contract],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rooms and the rules, apart from the checkout."""
    folder = tmp_path_factory.mktemp("copy")
    for room in ROOMS:
        shutil.copytree(
            ROOT / room, folder / room, ignore=shutil.ignore_patterns("node_modules", "__pycache__", "vendor")
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_every_contract_has_its_break() -> None:
    assert {contract["id"] for contract in CONTRACTS} == set(BREAKS)


@pytest.mark.parametrize("contract", sorted(BREAKS))
def test_a_planted_break_is_caught(contract: str, copy: Path) -> None:
    name, code = BREAKS[contract]
    clean = lint(copy, contract)
    assert clean.returncode == 0, clean.stdout
    planted = copy / name
    planted.write_text(f'"""Planted."""\n\n{code}\n', encoding="utf-8")
    try:
        broken = lint(copy, contract)
    finally:
        planted.unlink()
    assert broken.returncode == 1, broken.stdout
    assert "planted" in broken.stdout


@pytest.mark.parametrize(
    "code",
    [
        "import time\n",
        "import random\n",
        "from datetime import datetime\nx = datetime.now()\n",
        "import asyncio\nasyncio.sleep(1)\n",
    ],
)
def test_time_and_chance_are_banned_outside_the_clock(code: str, copy: Path) -> None:
    planted = copy / "headend" / "domain" / "planted.py"
    planted.write_text(f'"""Planted."""\n\n{code}', encoding="utf-8")
    try:
        found = subprocess.run(
            [Path(sys.executable).parent / "ruff", "check", "--no-cache", "--select", "TID251", planted],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        planted.unlink()
    assert found.returncode == 1
    assert "TID251" in found.stdout
