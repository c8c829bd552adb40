"""Meters behind terminals and the terminals' own data, over real TCP and UDP: exact, and back after every loss."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from headend.domain.collection import ItemError
from headend.domain.errors import LineDown
from protocols import gdw1376, modbus
from protocols.gdw1376.replies import data_reply
from simulators import FleetPlan, build_fleet, serve
from simulators.faces.modbus_bus import ModbusBus
from simulators.witness import Witness
from tests.fakes.processes import free_port
from tests.integration.terminals.field import (
    CLOCK,
    HandDialled,
    dial,
    faithful,
    is_listening,
    listening,
    meter,
    simulated,
    until,
    values,
)

ITEMS = ("0001FF00", "0201FF00", "0202FF00")
WAYS = [("gdw1376", "dial"), ("gdw1376+udp", "dial+udp")]


def truths(path: Path, protocol: str, address: str, afn: str = "") -> dict[str, Decimal]:
    """What the witness saw of one meter; of a terminal's frames those with this AFN."""
    told: dict[str, Decimal] = {}
    for line in path.read_text(encoding="ascii").splitlines():
        entry: dict[str, Any] = json.loads(line)
        is_meant = entry["kind"] == "frame" and (entry["protocol"], entry["meter"]) == (protocol, address)
        if is_meant and (not afn or entry["request"][24:26] == afn):
            told |= {name: Decimal(value) for name, value in (entry["registers"] or {}).items()}
    return told


@pytest.mark.parametrize(("scheme", "dialling"), WAYS)
def test_a_meter_behind_a_terminal_is_read_exactly(scheme: str, dialling: str, tmp_path: Path) -> None:
    port, witness = free_port(), tmp_path / "witness.jsonl"

    async def run() -> dict[str, Decimal]:
        fleet = build_fleet(FleetPlan(3))
        async with listening() as head_end:
            device = meter(f"dlt645+{scheme}://127.0.0.1:{port}/4403-00256/000000000003?port=2")
            to = f"{dialling}://127.0.0.1:{port}/4403-00256"
            async with serve("gdw1376", to, fleet, now=CLOCK.now, witness=witness):
                answer = await head_end.gateway.read(device, ITEMS, 15)
                assert {r.error for r in answer.results} <= {None, ItemError.NOT_PRESENT}
                assert all(r.frame is not None and r.frame.request[4:5] == b"\x68" for r in answer.readings)
                return {name: Decimal(text) for name, text in values(answer.results).items()}

    told = asyncio.run(run())
    true = truths(witness, "dlt645", "000000000003")
    assert len(told) >= 7
    assert told == {name: true[name] for name in told}


@pytest.mark.parametrize(("scheme", "dialling"), WAYS)
def test_the_terminals_own_data_are_read_exactly(scheme: str, dialling: str, tmp_path: Path) -> None:
    port, witness = free_port(), tmp_path / "witness.jsonl"

    async def run() -> dict[str, Decimal]:
        fleet = build_fleet(FleetPlan(2))
        async with listening() as head_end:
            device = meter(f"{scheme}://127.0.0.1:{port}/4403-00256/2?tp_delay_min=5")
            to = f"{dialling}://127.0.0.1:{port}/4403-00256"
            async with serve("gdw1376", to, fleet, now=CLOCK.now, witness=witness):
                answer = await head_end.gateway.read(device, (), 15)
                frozen = await head_end.gateway.read_daily_freeze(device, [1, 2])
                assert len(frozen.readings) == 20
                assert {r.measured_at.astimezone(CLOCK.now().tzinfo).minute for r in frozen.readings} == {0}
                start = min(r.measured_at for r in frozen.readings)
                curve = await head_end.gateway.read_load_profile(device, start, 4)
                by_time = {r.measured_at: r.value for r in curve.readings if r.reading_type.id == 1}
                assert len(by_time) == 4
                assert by_time[start] == next(r.value for r in frozen.readings if r.measured_at == start)
                return {name: Decimal(text) for name, text in values(answer.results).items()}

    told = asyncio.run(run())
    assert abs(told.pop("clock_offset")) <= 1
    true = truths(witness, "gdw1376", "000000000002", "0c")
    assert len(told) >= 9
    assert told == {name: true[name] for name in told}


def test_two_ports_and_the_terminal_itself_share_one_connection() -> None:
    port = free_port()

    async def run() -> None:
        place = f"gdw1376://127.0.0.1:{port}/4403-00256"
        behind = [meter(f"dlt645+{place}/{n}?port={p}", n) for n, p in ((1, 2), (2, 2), (3, 3))]
        own = meter(f"{place}/1", 4)
        async with listening() as head_end:
            head_end.gateway.watch([*behind, own])
            dialled = await dial(port, simulated(), faithful)
            reads = [head_end.gateway.read(m, ("active_energy_import",), 15) for m in (*behind, own)]
            answers = await asyncio.gather(*reads)
            assert [a.results[0].error for a in answers] == [None, None, ItemError.NO_ANSWER, None]
            assert answers[2].results[0].reason == "the terminal heard nothing on port 3"
            asked = [
                event.frame
                for event in gdw1376.Connection().receive(dialled.received)
                if isinstance(event, gdw1376.FrameReceived) and event.frame.is_primary
            ]
            assert [frame.sequence for frame in asked] == list(range(len(asked)))

    asyncio.run(run())


def test_a_connection_that_breaks_in_the_middle_of_a_read_is_no_answer_and_the_next_read_works() -> None:
    port = free_port()

    def breaking(dialled: HandDialled, reply: bytes) -> bytes | None:
        assert dialled.transport is not None
        dialled.transport.write(reply[:20])
        dialled.transport.close()
        return None

    async def run() -> None:
        device = meter(f"dlt645+gdw1376://127.0.0.1:{port}/4403-00256/1?port=2")
        async with listening() as head_end:
            head_end.gateway.watch([device])
            await dial(port, simulated(), breaking)
            loop = asyncio.get_running_loop()
            begun = loop.time()
            with pytest.raises(LineDown, match="closed the connection"):
                await head_end.gateway.read(device, ("active_energy_import",), 15)
            await dial(port, simulated(), faithful)
            answer = await head_end.gateway.read(device, ("active_energy_import",), 15)
            assert answer.results[0].value is not None
            assert loop.time() - begun < 3  # no back-off of the line outlasts a login
            (told,) = head_end.told.values()
            assert [reason is None for reason in told] == [False, True]

    asyncio.run(run())


def test_an_answer_with_another_sequence_is_not_taken() -> None:
    port = free_port()

    def shifted(dialled: HandDialled, reply: bytes) -> bytes:
        frame = gdw1376.parse(reply)
        return gdw1376.encode(frame._replace(seq=frame.seq & 0xF0 | (frame.seq + 1) & 0x0F))

    async def run() -> None:
        device = meter(f"dlt645+gdw1376://127.0.0.1:{port}/4403-00256/1?port=2&timeout_s=1&latency_s=1")
        async with listening() as head_end:
            head_end.gateway.watch([device])
            dialled = await dial(port, simulated(), shifted)
            answer = await head_end.gateway.read(device, ("active_energy_import",), 2)
            assert answer.results[0].error is ItemError.NO_ANSWER
            dialled.answering = faithful
            answer = await head_end.gateway.read(device, ("active_energy_import",), 15)
            assert answer.results[0].value is not None

    asyncio.run(run())


def test_a_terminal_that_is_away_is_waited_for_and_named() -> None:
    port = free_port()

    async def run() -> None:
        device = meter(f"dlt645+gdw1376://127.0.0.1:{port}/4403-00256/1?port=2")
        async with listening() as head_end:
            with pytest.raises(LineDown, match="4403-00256 has not logged in"):
                await head_end.gateway.read(device, ("active_energy_import",), 0.3)
            reading = asyncio.create_task(head_end.gateway.read(device, ("active_energy_import",), 15))
            await dial(port, simulated(), faithful)
            with pytest.raises(LineDown):  # asked within the line's back-off, before the login
                await reading
            answer = await head_end.gateway.read(device, ("active_energy_import",), 15)
            assert answer.results[0].value is not None

    asyncio.run(run())


def test_the_last_line_closes_the_port() -> None:
    port = free_port()

    async def run() -> None:
        device = meter(f"gdw1376://127.0.0.1:{port}/4403-00256/1")
        async with listening() as head_end:
            head_end.gateway.watch([device, meter(f"gdw1376://127.0.0.1:{port}/4403-00257/1", 2)])
            await until(lambda: is_listening(port))
        await until(lambda: not is_listening(port))

    asyncio.run(run())


def test_a_port_in_use_is_the_reason() -> None:
    async def run() -> None:
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        device = meter(f"gdw1376://127.0.0.1:{port}/4403-00256/1")
        async with listening() as head_end:
            with pytest.raises(LineDown, match="in use"):
                await head_end.gateway.read(device, ("active_power",), 5)
        server.close()

    asyncio.run(run())


def test_a_modbus_meter_behind_a_terminal_is_read() -> None:
    port = free_port()
    fleet = build_fleet(FleetPlan(1))
    bus = ModbusBus(fleet, modbus.Rtu(modbus.Role.METER), now=CLOCK.now, witness=Witness())

    def on_modbus(dialled: HandDialled, reply: bytes) -> bytes:
        """The answer of a terminal whose port has Modbus meters, to the newest request."""
        *_, asked = gdw1376.Connection().receive(dialled.received)
        assert isinstance(asked, gdw1376.FrameReceived)
        unit = gdw1376.read(asked.frame, 16).units[0]
        inner = next(bytes.fromhex(value.text) for value in unit.values if value.name == "forwarded")
        session = bus.session()
        heard = b"".join([*session.receive(inner), *session.line_idle()])
        units = gdw1376.Units((0,), (1,), {"port": 4, "forwarded": heard.hex()})
        return gdw1376.encode(data_reply(asked.frame, [units]))

    async def run() -> None:
        url = f"modbus+gdw1376://127.0.0.1:{port}/4403-00256/1?port=4&baudrate=9600&parity=N&profile=eastron-sdm630"
        device = meter(url)
        async with listening() as head_end:
            head_end.gateway.watch([device])
            await dial(port, simulated(), on_modbus)
            answer = await head_end.gateway.read(device, ("voltage_l1", "active_energy_import"), 15)
            heard_at = answer.results[0].received_at
            shown = {fleet[0].snapshot(heard_at - timedelta(seconds=ago)).phases[0].voltage_v for ago in (0, 2)}
            assert answer.results[0].value in shown  # it changes with the minute
            assert answer.results[1].error is None

    asyncio.run(run())
