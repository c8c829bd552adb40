"""The PyPI package `python-dlt645`, run by the peers' own interpreter: this file imports nothing of ours.

It shares its package name with the other DL/T 645 package, so it lives in an environment of its own.
`second_peer.py client tcp HOST PORT ADDRESS` and `client serial DEVICE` print a JSON object; `meter tcp PORT ADDRESS`
and `meter serial DEVICE ADDRESS` answer reads of 00010000 with 1234.56 and print `ready`.
"""

import json
import socket
import socketserver
import sys

import dlt645  # type: ignore[import-untyped]  # has no stubs
import serial

VALUE, IDENTIFIER = "00123456", "00010000"
STATION = {"direction": dlt645.constants.STATION, "response": 0, "more": 0, "function": 0x11}


def client(kind: str, where: list[str]) -> None:
    """Who the meter is and what it counted, in the package's own words."""
    if kind == "serial":
        line = serial.Serial(where[0], baudrate=2400, timeout=3)
        address = dlt645.get_addr(line)
    else:
        line = socket.create_connection((where[0], int(where[1])), timeout=3).makefile("rwb", buffering=0)
        address = where[2]
    print(json.dumps({"address": address, "energy": dlt645.get_active_energy(address, line)}), flush=True)


def meter(kind: str, where: str, address: str) -> None:
    """Answer until killed."""
    if kind == "serial":
        line = serial.Serial(where, baudrate=2400, timeout=None)
        print("ready", flush=True)
        answer(line, line, address)
        return

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            answer(self.rfile, self.wfile, address)

    with socketserver.TCPServer(("127.0.0.1", int(where)), Handler) as server:
        print("ready", flush=True)
        server.serve_forever()


def answer(heard, told, address: str) -> None:  # type: ignore[no-untyped-def]  # file-like, as the package has it
    """One reply a request; the package's reader ends with the line."""
    while True:
        try:
            request = dlt645.read_frame(dlt645.iogen(heard))
        except ValueError:
            continue  # it takes 33H off without modulo, so the FFH of a block is beyond it: this meter stays silent
        if request is None:
            return
        if request.addr == address and request.data == IDENTIFIER:
            reply = dlt645.Frame(address, STATION)
            reply.data = VALUE + IDENTIFIER
            dlt645.write_frame(told, reply)


if __name__ == "__main__":
    role, kind, *where = sys.argv[1:]
    if role == "client":
        client(kind, where)
    else:
        meter(kind, where[0], where[1])
