"""pymodbus's own server with an SDM630 image of known floats: a program, so that no code of ours answers.

`python -m tests.integration.modbus.foreign_server tcp PORT`, `... rtu-tcp PORT` or `... serial DEVICE`; prints `ready`.
Unit 1 has the whole block of the manual, holes as zero; unit 2 only the registers, so that reading across a hole is
refused. Unit 3 has the energies of a Finder 7M.38, with nothing between their exponents and them.
"""

from __future__ import annotations

import asyncio
import sys

from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

VALUES = {
    0: 230.2,
    2: 229.9,
    4: 231.4,
    6: 4.321,
    12: 987.6,
    30: 0.987,
    52: -1234.5,
    62: -0.5,
    70: 49.98,
    72: 12345.67,
    74: 0.05,
    76: 99999.99,
    78: 131071.99,
}


def block() -> list[SimData]:
    values = [VALUES.get(address, 0.0) for address in range(0, 80, 2)]
    return [SimData(0, values=values, datatype=DataType.FLOAT32)]


def registers() -> list[SimData]:
    return [SimData(address, values=[value], datatype=DataType.FLOAT32) for address, value in VALUES.items()]


def finder_energies() -> list[SimData]:
    """E1 to E3 are 912351 x 10, 12 x 10 and 7 x 100000; E4 is not there."""
    exponents, counters = [1, 1, 5], [13, 60383, 0, 12, 0, 7]
    return [
        SimData(401, values=exponents, datatype=DataType.REGISTERS),
        SimData(406, values=counters, datatype=DataType.REGISTERS),
    ]


async def serve(kind: str, where: str) -> None:
    devices = [SimDevice(1, block()), SimDevice(2, registers()), SimDevice(3, finder_energies())]
    server: ModbusTcpServer | ModbusSerialServer
    if kind in ("tcp", "rtu-tcp"):
        framer = FramerType.SOCKET if kind == "tcp" else FramerType.RTU
        server = ModbusTcpServer(devices, framer=framer, address=("127.0.0.1", int(where)))
    else:
        server = ModbusSerialServer(devices, framer=FramerType.RTU, port=where, baudrate=9600)
    await server.serve_forever(background=True)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:3]))
