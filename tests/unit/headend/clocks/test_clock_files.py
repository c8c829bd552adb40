"""The shipped table, and the file of passwords that only its owner may read."""

from __future__ import annotations

from pathlib import Path

import pytest

from headend.clock_files import SecretsFile, clock_terms
from headend.domain.errors import ConfigError
from headend.shipped import config_root
from tests.fakes.meters import installation

INSTALLED = installation()
SECRET = 'default: {level: "02", password: "314159"}\nmeters:\n  "%s": {level: "04", password: "271828"}\n'


def secrets(folder: Path, text: str, mode: int = 0o600) -> SecretsFile:
    path = folder / "secrets.yaml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return SecretsFile(path)


def test_the_shipped_table_keeps_within_the_standard() -> None:
    terms = clock_terms(config_root())
    assert terms.correction.broadcast_s <= 300 and terms.jumps.trusted_s == 300


def test_a_meter_has_its_own_password_or_the_default(tmp_path: Path) -> None:
    own = secrets(tmp_path, SECRET % INSTALLED.meter.serial_number).of(INSTALLED)
    assert own is not None and (own.level, own.password) == ("04", "271828")
    other = secrets(tmp_path, SECRET % "999").of(INSTALLED)
    assert other is not None and other.password == "314159"


def test_without_a_file_there_is_no_password(tmp_path: Path) -> None:
    assert SecretsFile(tmp_path / "none.yaml").of(INSTALLED) is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigError, match="chmod 600"):
        secrets(tmp_path, SECRET % "1", mode).of(INSTALLED)


@pytest.mark.parametrize(
    "text",
    [
        'default: {level: "02", password: "31415926"}',
        "default: {level: 2, password: 314159}",
        "default: 314159",
        'default: "314159',
        'meters: {"314159": 314159}',
    ],
)
def test_a_wrong_file_is_told_without_its_words(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as error:
        secrets(tmp_path, text).of(INSTALLED)
    assert "3141" not in str(error.value) and error.value.__cause__ is None
