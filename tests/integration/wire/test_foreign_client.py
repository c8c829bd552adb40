"""The PyPI package `dlt645` as a client reads `headend simulate` and gets what the witness says the meter showed."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from pathlib import Path

from dlt645 import MeterClientService

from tests.fakes.processes import HEADEND, running
from tests.integration.wire.foreign_meter import reversed_pairs

ADDRESS = "123456789011"
REGISTERS = {
    0x00010000: "active_energy_import",
    0x00010100: "active_energy_import_t1",
    0x00020000: "active_energy_export",
}


def test_every_register_is_what_the_witness_wrote(tmp_path: Path) -> None:
    witness = tmp_path / "witness.jsonl"
    command = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", "tcp://127.0.0.1:0", "--meters", "3"]
    told: dict[str, Decimal] = {}
    with running([*command, "--first-address", "123456789010", "--witness", str(witness)], "listening on") as (_, line):
        client = MeterClientService.new_tcp_client("127.0.0.1", int(line.rsplit(":", 1)[1]), timeout=2)
        assert client.set_address(reversed_pairs(ADDRESS))
        for identifier, name in REGISTERS.items():
            item = client.read_00(identifier)
            assert item is not None, name
            told[name] = Decimal(str(item.value))
        client.client.disconnect()
        time.sleep(1.2)  # the witness is flushed every second
    entries = [json.loads(text) for text in witness.read_text().splitlines()]
    truth = {name: Decimal(v) for e in entries if e["meter"] == ADDRESS for name, v in (e["registers"] or {}).items()}
    assert told == truth
    assert len(told) == len(REGISTERS)
