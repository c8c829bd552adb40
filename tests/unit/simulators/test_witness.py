"""The witness writes everything, keeps exact decimals, and costs little."""

import io
import json
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from simulators.relay import RelayMovement
from simulators.witness import Exchange, Truth, Witness

AT = datetime(2026, 3, 20, 8, 7, 33, 250_000, tzinfo=UTC)


def test_a_frame_line_has_the_documented_shape() -> None:
    log = io.StringIO()
    witness = Witness(log)
    truth = Truth(AT, {"active_energy_import": Decimal("1234.50")})
    witness.frame(Exchange(AT, "dlt645", "000000000001", b"\x68\x16", b"\xfe", (truth,)))
    witness.flush()
    assert json.loads(log.getvalue()) == {
        "kind": "frame",
        "at": "2026-03-20T08:07:33.250000Z",
        "protocol": "dlt645",
        "meter": "000000000001",
        "request": "6816",
        "reply": "fe",
        "as_of": "2026-03-20T08:07:33.250000Z",
        "registers": {"active_energy_import": "1234.50"},
    }


def test_a_relay_line_has_the_documented_shape() -> None:
    log = io.StringIO()
    witness = Witness(log)
    witness.relay("000000000001", RelayMovement(AT, False, "test"))
    witness.flush()
    assert json.loads(log.getvalue()) == {
        "kind": "relay",
        "at": "2026-03-20T08:07:33.250000Z",
        "meter": "000000000001",
        "state": "open",
        "cause": "test",
    }


def test_a_file_is_appended_to_and_whole_after_close(tmp_path: Path) -> None:
    path = tmp_path / "witness.jsonl"
    for _ in range(2):
        witness = Witness.open(path)
        witness.frame(Exchange(AT, "dlt645", None, b"\x01"))
        witness.close()
        witness.frame(Exchange(AT, "dlt645", None, b"\x02"))  # after the end: forgotten, not an error
        witness.close()
    assert [json.loads(line)["request"] for line in path.read_text().splitlines()] == ["01", "01"]


def test_nothing_is_written_before_a_flush() -> None:
    log = io.StringIO()
    witness = Witness(log)
    witness.noise(AT, "dlt645", b"\x00", "no start")
    assert log.getvalue() == ""
    witness.flush()
    assert log.getvalue().endswith("\n")


def test_a_full_disk_is_an_error_and_still_closes_the_file() -> None:
    full = Path("/dev/full").open("w")  # noqa: SIM115 (the witness closes it)
    witness = Witness(full)
    witness.noise(AT, "dlt645", b"\x00", "no start")
    with pytest.raises(OSError, match="space"):
        witness.close()


def test_ten_thousand_frames_a_second_are_cheap(tmp_path: Path) -> None:
    witness = Witness.open(tmp_path / "witness.jsonl")
    exchange = Exchange(AT, "dlt645", "1", bytes(16), bytes(24), (Truth(AT, {"active_energy_import": Decimal(1)}),))
    begin = time.process_time()
    for _ in range(10_000):
        witness.frame(exchange)
    witness.close()
    assert time.process_time() - begin < 1
