"""A port on the open network: garbage, half logins and replaced terminals cost nobody else anything."""

from __future__ import annotations

import asyncio
import secrets

from collectors.terminals.directory import MOST_NAMELESS
from headend.domain.collection import MeterAnswer
from tests.fakes.processes import free_port
from tests.integration.terminals.field import HeadEnd, dial, faithful, is_listening, listening, meter, simulated, until
from tests.unit.collectors.terminals.frames import HEARTBEAT, LOGIN, link


async def read(head_end: HeadEnd, port: int, number: int = 256) -> MeterAnswer:
    device = meter(f"dlt645+gdw1376://127.0.0.1:{port}/4403-{number:05d}/1?port=2")
    return await head_end.gateway.read(device, ("active_energy_import",), 15)


def test_two_hundred_connections_of_garbage_do_not_keep_a_terminal_out() -> None:
    port = free_port()

    async def run() -> None:
        async with listening() as head_end:
            head_end.gateway.watch([meter(f"dlt645+gdw1376://127.0.0.1:{port}/4403-00256/1?port=2")])
            await until(lambda: is_listening(port))
            garbage = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
            for number, (_, writer) in enumerate(garbage):
                writer.write(secrets.token_bytes(number * 7) if number % 2 else link(LOGIN)[: number % 19])
            dialled = await dial(port, simulated(), faithful)
            assert (await read(head_end, port)).results[0].value is not None
            for reader, _ in garbage[: 200 - MOST_NAMELESS]:
                assert await asyncio.wait_for(reader.read(), 5) == b""  # turned away, unanswered
            assert not dialled.lost.is_set()
            for _, writer in garbage:
                writer.close()

    asyncio.run(run())


def test_the_newest_login_is_the_terminal() -> None:
    port = free_port()

    async def run() -> None:
        async with listening() as head_end:
            head_end.gateway.watch([meter(f"dlt645+gdw1376://127.0.0.1:{port}/4403-00256/1?port=2")])
            old = await dial(port, simulated(), lambda dialled, reply: None)
            new = await dial(port, simulated(), faithful)
            await asyncio.wait_for(old.lost.wait(), 5)
            assert (await read(head_end, port)).results[0].value is not None
            assert not new.lost.is_set()

    asyncio.run(run())


def test_one_terminals_silence_does_not_delay_another() -> None:
    port = free_port()

    async def run() -> None:
        async with listening() as head_end:
            head_end.gateway.watch(
                [
                    meter(f"dlt645+gdw1376://127.0.0.1:{port}/4403-{number:05d}/1?port=2", number)
                    for number in (256, 257)
                ]
            )
            await dial(port, simulated(), lambda dialled, reply: None)
            await dial(port, simulated(number=257), faithful)
            silent = asyncio.create_task(read(head_end, port))
            answer = await asyncio.wait_for(read(head_end, port, 257), 5)
            assert answer.results[0].value is not None
            assert not silent.done()
            silent.cancel()

    asyncio.run(run())


def test_a_datagram_that_is_no_login_gets_no_answer_and_a_login_does() -> None:
    port = free_port()

    class Client(asyncio.DatagramProtocol):
        def __init__(self) -> None:
            self.got: list[bytes] = []

        def datagram_received(self, data: bytes, addr: object) -> None:
            self.got.append(data)

    async def run() -> None:
        async with listening() as head_end:
            head_end.gateway.watch([meter(f"dlt645+gdw1376+udp://127.0.0.1:{port}/4403-00256/1?port=2")])
            loop = asyncio.get_running_loop()
            transport, client = await loop.create_datagram_endpoint(Client, remote_addr=("127.0.0.1", port))
            while not client.got:
                for junk in (b"", b"\x68", secrets.token_bytes(60), link(LOGIN)[:-1], link(LOGIN, 3)):
                    transport.sendto(junk)
                await asyncio.sleep(0.1)
            assert {data[13] & 0x0F for data in client.got} == {3}
            transport.sendto(link(HEARTBEAT, 4))
            await until(lambda: any(data[13] & 0x0F == 4 for data in client.got))
            transport.close()

    asyncio.run(run())
