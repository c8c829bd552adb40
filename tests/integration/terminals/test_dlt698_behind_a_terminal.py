"""A DL/T 698.45 meter behind a terminal's port, over a real socket: exact, in one frame and in pieces."""

from __future__ import annotations

import asyncio
import io
import json
from decimal import Decimal

import pytest

from headend.domain.collection import ItemError
from protocols import gdw1376
from protocols.gdw1376.replies import data_reply
from simulators import FleetPlan, build_fleet
from simulators.faces.dlt698_bus import Dlt698Bus
from simulators.witness import Witness
from tests.fakes.processes import free_port
from tests.integration.terminals.field import CLOCK, HandDialled, dial, listening, meter, simulated, values

PORT = 4
ITEMS = ("00100200", "20000200", "active_power", "voltage_l3")


@pytest.mark.parametrize("largest_apdu", [512, 20])
def test_a_meter_behind_a_terminal_is_read_exactly(largest_apdu: int) -> None:
    port, log = free_port(), io.StringIO()
    witness = Witness(log)
    bus = Dlt698Bus(build_fleet(FleetPlan(2)), now=CLOCK.now, witness=witness, largest_apdu=largest_apdu)

    def on_dlt698(dialled: HandDialled, reply: bytes) -> bytes:
        """The answer of a terminal whose port has DL/T 698.45 meters, to the newest request."""
        *_, asked = gdw1376.Connection().receive(dialled.received)
        assert isinstance(asked, gdw1376.FrameReceived)
        unit = gdw1376.read(asked.frame, 16).units[0]
        inner = next(bytes.fromhex(value.text) for value in unit.values if value.name == "forwarded")
        session = bus.session()
        heard = b"".join([*session.receive(inner), *session.line_idle()])
        units = gdw1376.Units((0,), (1,), {"port": PORT, "forwarded": heard.hex()})
        return gdw1376.encode(data_reply(asked.frame, [units]))

    async def run() -> dict[str, Decimal]:
        device = meter(f"dlt698+gdw1376://127.0.0.1:{port}/4403-00256/2?port={PORT}&baudrate=9600")
        async with listening() as head_end:
            head_end.gateway.watch([device])
            await dial(port, simulated(), on_dlt698)
            answer = await head_end.gateway.read(device, ITEMS, 30)
            assert [r.error for r in answer.results if r.error] == [ItemError.REFUSED]  # it has one phase
            return {name: Decimal(text) for name, text in values(answer.results).items()}

    told = asyncio.run(run())
    witness.flush()
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    true = {name: Decimal(value) for line in lines for name, value in (line["registers"] or {}).items()}
    assert {line["meter"] for line in lines} == {"000000000002"}
    assert len(told) == 7
    assert told == {name: true[name] for name in told}
