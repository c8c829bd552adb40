"""Real TCP connections, real pseudo terminals and a serial device: the same bus behind each."""

import asyncio
import contextlib
import json
import os
import tty
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from protocols.dlt645 import Connection, Frame, FrameReceived, encode, read
from simulators import FleetPlan, ListenError, SimulatorError, WitnessError, build_fleet, run_simulator, serve
from simulators.faces.dlt645_bus import Dlt645Bus
from simulators.lines import LineProtocol
from simulators.meter import SHANGHAI, SimulatedMeter
from simulators.witness import Witness

NOW = datetime(2026, 3, 20, 8, 7, 33, tzinfo=UTC)
PLAN = FleetPlan(3, "000000000042", commissioned=datetime(2026, 3, 1, tzinfo=SHANGHAI))
REQUEST = read("000000000043", "0001FF00")
LOCAL = "tcp://127.0.0.1:0"

pytestmark = pytest.mark.asyncio


def now() -> datetime:
    return NOW


def port_of(address: str) -> int:
    return int(address.rsplit(":", 1)[1])


async def frames(read_some: Callable[[], Awaitable[bytes]], count: int = 1) -> list[Frame]:
    """The next frames on a line, within a deadline."""
    connection, found = Connection(), list[Frame]()
    async with asyncio.timeout(20):
        while len(found) < count:
            events = connection.receive(await read_some())
            found += [event.frame for event in events if isinstance(event, FrameReceived)]
    return found


async def ask_over_tcp(address: str, request: bytes, *, count: int = 1) -> list[Frame]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(address))
    writer.write(request)
    try:
        return await frames(lambda: reader.read(65_536), count)
    finally:
        writer.close()
        await writer.wait_closed()


async def ask_over_terminal(path: str, request: bytes) -> list[Frame]:
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(descriptor)
        os.write(descriptor, request)
        return await frames(lambda: asyncio.to_thread(os.read, descriptor, 4096))
    finally:
        os.close(descriptor)


def expected_reply(meters: tuple[SimulatedMeter, ...]) -> str:
    return str(meters[1].energy(NOW).register("active_energy_import")).replace(".", "").zfill(8)


def total_in(reply: Frame) -> str:
    return reply.data[4:8][::-1].hex()


async def test_two_tcp_connections_share_one_bus() -> None:
    meters = build_fleet(PLAN)
    async with serve("dlt645", LOCAL, meters, now=now) as running:
        replies = await asyncio.gather(*(ask_over_tcp(running.address, encode(REQUEST)) for _ in range(2)))
    assert [total_in(reply) for (reply,) in replies] == [expected_reply(meters)] * 2


async def test_a_pseudo_terminal_carries_the_same_bytes_and_survives_its_client() -> None:
    meters = build_fleet(PLAN)
    async with serve("dlt645", "pty:", meters, now=now) as running:
        path = running.address.removeprefix("serial://")
        for _ in range(2):
            (reply,) = await ask_over_terminal(path, encode(REQUEST))
            assert total_in(reply) == expected_reply(meters)


@pytest.fixture
def cable() -> Iterator[tuple[int, str]]:
    """Two ends of a wire: a descriptor for us, a device path for the simulator."""
    master, slave = os.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    os.close(slave)
    os.close(master)


async def test_a_serial_device_carries_the_same_bytes(cable: tuple[int, str]) -> None:
    master, path = cable
    meters = build_fleet(PLAN)
    async with serve("dlt645", f"serial://{path}?baudrate=9600&parity=N", meters, now=now) as running:
        assert running.address == f"serial://{path}"
        os.write(master, encode(REQUEST))
        (reply,) = await frames(lambda: asyncio.to_thread(os.read, master, 4096))
    assert total_in(reply) == expected_reply(meters)


async def test_a_thousand_meters_answer_on_one_line_and_the_witness_saw_each(tmp_path: Path) -> None:
    plan = FleetPlan(1000, "100000000000", commissioned=datetime(2026, 3, 10, tzinfo=SHANGHAI))
    meters = build_fleet(plan)
    witness = tmp_path / "witness.jsonl"
    requests = [encode(read(meter.address, "05060101")) for meter in meters]
    async with serve("dlt645", LOCAL, meters, now=now, witness=witness) as running:
        replies = await ask_over_tcp(running.address, b"".join(requests), count=1000)
    seen = [json.loads(line) for line in witness.read_text().splitlines()]
    assert [reply.address for reply in replies] == [meter.address for meter in meters]
    assert [entry["meter"] for entry in seen] == [meter.address for meter in meters]
    assert ["fefefefe" + entry["request"] for entry in seen] == [request.hex() for request in requests]
    told = [entry["registers"]["active_energy_import"].replace(".", "").zfill(8) for entry in seen]
    assert told == [total_in(reply) for reply in replies]
    assert len(set(told)) > 900


async def test_leaving_ends_open_connections_within_a_second(tmp_path: Path) -> None:
    witness = tmp_path / "witness.jsonl"
    async with contextlib.AsyncExitStack() as stack:
        running = await stack.enter_async_context(serve("dlt645", LOCAL, build_fleet(PLAN), now=now, witness=witness))
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(running.address))
        writer.write(encode(REQUEST) + b"\x68half")
        await frames(lambda: reader.read(4096))
        async with asyncio.timeout(1):
            await stack.aclose()
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()
    assert len(witness.read_text().splitlines()) >= 1


async def test_cancelling_a_running_simulator_ends_it_and_keeps_the_witness(tmp_path: Path) -> None:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    witness = tmp_path / "witness.jsonl"
    task = asyncio.create_task(
        run_simulator("dlt645", LOCAL, PLAN, now=now, announce=ready.set_result, witness=witness)
    )
    await ask_over_tcp(await ready, encode(REQUEST))
    task.cancel()
    async with asyncio.timeout(1):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert json.loads(witness.read_text())["meter"] == "000000000043"


async def test_half_a_frame_becomes_noise_after_silence_and_the_next_is_answered(tmp_path: Path) -> None:
    witness = tmp_path / "witness.jsonl"
    async with serve("dlt645", LOCAL, build_fleet(PLAN), now=now, witness=witness) as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(running.address))
        writer.write(bytes.fromhex("68 430000000000 68 11 C8") + encode(REQUEST))  # waits for 200 bytes
        (reply,) = await frames(lambda: reader.read(4096))
        writer.close()
    assert reply.address == "000000000043"
    *noise, last = [json.loads(line)["kind"] for line in witness.read_text().splitlines()]
    assert (set(noise), last) == ({"noise"}, "frame")


class RecordingTransport(asyncio.Transport):
    """Writes down what a line does to its transport."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")


async def test_a_peer_that_does_not_read_is_not_read_from() -> None:
    bus = Dlt645Bus(build_fleet(PLAN), now=now, witness=Witness())
    line, transport = LineProtocol(bus.session()), RecordingTransport()
    line.connection_made(transport)
    line.pause_writing()  # what asyncio calls when its buffer is full
    assert transport.calls == ["pause"]
    line.resume_writing()
    assert transport.calls == ["pause", "resume"]


async def test_a_flooded_pseudo_terminal_loses_nothing() -> None:
    async with serve("dlt645", "pty:", build_fleet(PLAN), now=now) as running:
        descriptor = os.open(running.address.removeprefix("serial://"), os.O_RDWR | os.O_NOCTTY)
        try:
            sending = asyncio.create_task(asyncio.to_thread(write_all, descriptor, encode(REQUEST) * 500))
            replies = await frames(lambda: asyncio.to_thread(os.read, descriptor, 4096), 500)
            await sending
        finally:
            os.close(descriptor)
    assert {total_in(reply) for reply in replies} == {expected_reply(build_fleet(PLAN))}


def write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


async def test_a_port_in_use_is_one_clear_line() -> None:
    async with serve("dlt645", LOCAL, build_fleet(PLAN), now=now) as running:
        taken = f"tcp://127.0.0.1:{port_of(running.address)}"
        with pytest.raises(ListenError, match=f"cannot listen on {taken}: .*in use"):
            async with serve("dlt645", taken, build_fleet(PLAN), now=now):
                pass


@pytest.mark.parametrize(
    ("protocol", "url", "problem"),
    [
        ("dlt645", "tcp://127.0.0.1", "write tcp://host:port"),
        ("dlt645", "tcp://127.0.0.1:notaport", "cannot listen"),
        ("dlt645", "udp://127.0.0.1:1", "use tcp://"),
        ("dlt645", "mqtt://127.0.0.1:1883", "dlt645 takes"),
        ("dlt645", "serial:///dev/no-such-device", "no-such-device"),
        ("dlt645", "serial:///dev/null?baudrate=fast", "baud rate"),
        ("dlt645", "serial:///dev/null?parity=X", "parity"),
        ("dlt645", "serial:///dev/null?speed=1", "write serial://"),
        ("dlms", "tcp://127.0.0.1:0", "no simulator speaks 'dlms'"),
    ],
)
async def test_what_cannot_be_served_is_refused_with_its_reason(protocol: str, url: str, problem: str) -> None:
    with pytest.raises(ListenError, match=problem):
        async with serve(protocol, url, build_fleet(PLAN), now=now):
            pass


async def test_a_meter_from_the_future_is_refused() -> None:
    later = FleetPlan(1, commissioned=datetime(2027, 1, 1, tzinfo=SHANGHAI))
    with pytest.raises(SimulatorError, match="000000000001 is commissioned only on 2026-12-31 16:00"):
        async with serve("dlt645", LOCAL, build_fleet(later), now=now):
            pass


async def test_a_witness_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WitnessError, match="cannot open the witness file"):
        async with serve("dlt645", LOCAL, build_fleet(PLAN), now=now, witness=tmp_path / "no" / "folder"):
            pass


async def test_a_full_disk_ends_the_simulator() -> None:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        run_simulator("dlt645", LOCAL, PLAN, now=now, announce=ready.set_result, witness=Path("/dev/full"))
    )
    await ask_over_tcp(await ready, encode(REQUEST))
    async with asyncio.timeout(5):
        with pytest.raises(WitnessError, match="No space left"):
            await task
