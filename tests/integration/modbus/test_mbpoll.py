"""mbpoll, Debian's Modbus reader on libmodbus, reads our simulated meters over TCP and over RTU on a pty to the bit."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.processes import HEADEND, running

LINES = {"tcp": "tcp://127.0.0.1:0", "rtu": "pty:"}
VALUE = re.compile(r"^\[(\d+)\]:\s+(\S+)", re.MULTILINE)


@contextmanager
def meters(protocol: str, line: str, witness: Path) -> Iterator[str]:
    """Three simulated meters, and the address to reach them."""
    command = [HEADEND, "simulate", "--protocol", protocol, "--listen", LINES[line], "--meters", "3"]
    with running([*command, "--witness", str(witness)], "listening on") as (_, announced):
        yield announced.rsplit(" ", 1)[1]


def mbpoll(address: str, *options: str, values: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    if address.startswith("tcp://"):
        host, port = address.removeprefix("tcp://").split(":")
        way = ["-m", "tcp", "-p", port, host]
    else:
        way = ["-m", "rtu", "-b", "9600", "-P", "none", address.removeprefix("serial://")]
    command = ["mbpoll", "-1", "-0", "-o", "3", *options, *way, *values]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def read(address: str, unit: int, *options: str) -> Mapping[int, str]:
    """What mbpoll prints, by reference."""
    done = mbpoll(address, "-a", str(unit), *options)
    assert done.returncode == 0, done.stdout + done.stderr
    return {int(reference): value for reference, value in VALUE.findall(done.stdout)}


def truths(witness: Path) -> list[dict[str, str]]:
    """The true registers of every exchange that told some."""
    told = [json.loads(line) for line in witness.read_text().splitlines()]
    return [line["registers"] for line in told if line.get("registers")]


@pytest.mark.parametrize("line", LINES)
def test_floats_are_read_as_the_witness_says(line: str, tmp_path: Path) -> None:
    witness, printed = tmp_path / "witness.jsonl", []
    with meters("modbus", line, witness) as address:
        for unit in (1, 2, 3):
            printed.append(read(address, unit, "-t", "3:float", "-B", "-r", "72", "-c", "2"))
    for values, true in zip(printed, truths(witness), strict=True):
        for reference, name in ((72, "active_energy_import"), (74, "active_energy_export")):
            assert np.float32(values[reference]) == pytest.approx(np.float32(true[name]), rel=1e-5)  # %g prints six


@pytest.mark.parametrize("line", LINES)
def test_the_registers_of_floats_are_exact_to_the_bit(line: str, tmp_path: Path) -> None:
    witness, printed = tmp_path / "witness.jsonl", []
    with meters("modbus", line, witness) as address:
        for unit in (1, 2, 3):
            printed.append(read(address, unit, "-t", "3:hex", "-r", "72", "-c", "2"))
    for values, true in zip(printed, truths(witness), strict=True):
        raw = bytes.fromhex("".join(values[n].removeprefix("0x") for n in (72, 73)))
        held = Decimal(str(np.frombuffer(raw, ">f4")[0])).quantize(Decimal("0.01"))
        assert held == Decimal(true["active_energy_import"])


@pytest.mark.parametrize("line", LINES)
def test_counts_and_exponents_of_a_sunspec_meter_are_exact(line: str, tmp_path: Path) -> None:
    witness, printed = tmp_path / "witness.jsonl", []
    with meters("sunspec", line, witness) as address:
        assert list(read(address, 1, "-t", "4:hex", "-r", "40000", "-c", "2").values()) == ["0x5375", "0x6E53"]
        for unit in (1, 2, 3):
            printed.append(read(address, unit, "-t", "4:hex", "-r", "40076", "-c", "55"))
    for values, true in zip(printed, truths(witness)[1:], strict=True):
        words = [int(word, 16) for word in values.values()]
        assert words[0] in (201, 203)
        for at, name in ((38, "active_energy_export"), (46, "active_energy_import")):
            watt_hours = (words[at] << 16 | words[at + 1]) * 10 ** words[54]
            assert Decimal(watt_hours).scaleb(-3) == Decimal(true[name])


@pytest.mark.parametrize("line", LINES)
def test_what_the_meter_lacks_and_every_write_is_refused(line: str, tmp_path: Path) -> None:
    with meters("modbus", line, tmp_path / "witness.jsonl") as address:
        missing = mbpoll(address, "-a", "1", "-t", "3:hex", "-r", "1000", "-c", "2")
        written = mbpoll(address, "-a", "1", "-t", "4", "-r", "72", values=["1"])
    assert "Illegal data address" in missing.stdout + missing.stderr
    assert "Illegal function" in written.stdout + written.stderr
