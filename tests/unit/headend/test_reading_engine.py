"""Which reading store a site chose, where its token comes from, and that the token is never said."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from headend.bootstrap.reading_engine import TOKEN_VARIABLE, influxdb_token, open_reading_engine
from headend.clock import SystemClock
from headend.domain.errors import ConfigError, StoreUnavailable
from headend.settings import DataSettings, InfluxDbConfig, load_settings
from headend.stores.readings import DuckDbReadingStore
from headend.stores.readings.influxdb import InfluxDbReadingStore
from tests.fakes.batches import shipped_types

SECRET = "s3cret-t0ken=="
BUCKETS = ["$b", "'b\"'", "'b\\'", '"b\\n"', "''"]
BLOCK = "  influxdb: {url: 'http://127.0.0.1:1', org: o, bucket: b, token_file: token}\n"


def site(folder: Path, text: str) -> DataSettings:
    (folder / "site.yaml").write_text(f"data:\n{text}")
    return load_settings(folder / "site.yaml").data


def config(token_file: str = "") -> InfluxDbConfig:
    return InfluxDbConfig(url="http://127.0.0.1:1", org="o", bucket="b", token_file=token_file)


class HurriedClock(SystemClock):
    """Waiting takes no time."""

    async def sleep(self, seconds: float) -> None:
        return None


async def unheard(detail: str) -> None:
    raise AssertionError(detail)


def test_without_a_word_readings_are_in_duckdb(tmp_path: Path) -> None:
    assert site(tmp_path, "  directory: data\n") == DataSettings()


def test_a_token_file_is_relative_to_the_site_file(tmp_path: Path) -> None:
    data = site(tmp_path, f"  readings: influxdb\n{BLOCK}")
    assert data.influxdb is not None
    (tmp_path / "token").write_text(f"{SECRET}\n")
    assert influxdb_token(data.influxdb) == SECRET


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  readings: influxdb\n", "go together"),
        (BLOCK, "go together"),
        ("  readings: mongodb\n", "'duckdb' or 'influxdb'"),
        (f"  readings: influxdb\n{BLOCK.replace('org: o', 'org: o, token: x')}", "remove it"),
        (f"  readings: influxdb\n{BLOCK.replace('http://', 'http://user:pw@')}", "url"),
        (f"  readings: influxdb\n{BLOCK.replace('http://', 'ftp://')}", "url"),
        *((f"  readings: influxdb\n{BLOCK.replace('bucket: b', f'bucket: {name}')}", "bucket") for name in BUCKETS),
    ],
)
def test_what_cannot_be_right_is_told_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refused:
        site(tmp_path, text)
    assert refused.value.line


def test_a_token_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, SECRET)
    assert influxdb_token(config()) == SECRET


@pytest.mark.parametrize("content", [b"", b" \n", b"two words", b"a\nb", b"\xff\xfe" + SECRET.encode()])
def test_a_file_without_a_token_is_refused_and_its_content_not_said(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"token.*put the token alone") as refused:
        influxdb_token(config(str(file)))
    assert SECRET not in str(refused.value) and refused.value.__cause__ is None


def test_a_token_that_is_nowhere_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    with pytest.raises(ConfigError, match=TOKEN_VARIABLE):
        influxdb_token(config())
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        influxdb_token(config(str(tmp_path / "none")))


@pytest.mark.asyncio
async def test_the_chosen_engine_is_opened(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(SECRET)
    chosen = {"duckdb": DataSettings(), "influxdb": site(tmp_path, f"  readings: influxdb\n{BLOCK}")}
    kinds = {"duckdb": DuckDbReadingStore, "influxdb": InfluxDbReadingStore}
    for name, data in chosen.items():
        opening = open_reading_engine(tmp_path, data, shipped_types(), clock=HurriedClock(), on_refused=unheard)
        async with opening as engine:
            assert type(engine) is kinds[name]


HOLD = """
import sys
from pathlib import Path
from headend.stores.one_owner import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_kept_out_of_the_bucket(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(SECRET)
    data = site(tmp_path, f"  readings: influxdb\n{BLOCK}")
    command = [sys.executable, "-c", HOLD, str(tmp_path / "influxdb.owner")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        opening = open_reading_engine(tmp_path, data, shipped_types(), clock=HurriedClock(), on_refused=unheard)
        with pytest.raises(StoreUnavailable, match="held by another process"):
            asyncio.run(opening.__aenter__())


@pytest.mark.asyncio
async def test_without_the_extra_the_site_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text(SECRET)
    data = site(tmp_path, f"  readings: influxdb\n{BLOCK}")
    monkeypatch.setitem(sys.modules, "headend.stores.readings.influxdb", None)
    opening = open_reading_engine(tmp_path, data, shipped_types(), clock=HurriedClock(), on_refused=unheard)
    with pytest.raises(ConfigError, match=r"pip install 'headend\[influxdb\]'"):
        await opening.__aenter__()
