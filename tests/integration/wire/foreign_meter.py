"""A meter made by somebody else: the PyPI package `dlt645` as a server, over TCP or on a serial device.

Run as `python -m tests.integration.wire.foreign_meter tcp PORT ADDRESS` or `... serial DEVICE ADDRESS`; prints `ready`.
Its address order is reversed: the plate number goes in with its byte pairs turned round.
"""

from __future__ import annotations

import sys
import threading

from dlt645 import MeterServerService

VALUES_00 = {0x00010000: 12345.67, 0x00010100: 1234.56, 0x00020000: 0.05}
VALUES_02 = {
    0x02010100: 230.1,
    0x02010200: 229.9,
    0x02020100: 4.321,
    0x02030000: 1.2345,
    0x02030100: -0.5,
    0x02060000: 0.987,
    0x02800002: 49.98,
}


def reversed_pairs(address: str) -> str:
    """As that package wants it."""
    return "".join(address[n : n + 2] for n in range(10, -1, -2))


def main(kind: str, where: str, address: str) -> None:
    """Serve until killed."""
    if kind == "tcp":
        service = MeterServerService.new_tcp_server("127.0.0.1", int(where), 3000)
    else:
        service = MeterServerService.new_rtu_server(where, 8, 1, 9600, "N", 1000)
    service.set_address(reversed_pairs(address))
    for di, value in VALUES_00.items():
        assert service.set_00(di, value)
    for di, value in VALUES_02.items():
        assert service.set_02(di, value)
    service.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
