"""Frames that the tests of Modbus share. `GOLDEN` is published in Eastron's protocol manual as 230.2 V."""

from __future__ import annotations

from protocols.modbus import Connection, Event, Frame, Mbap, ReadRequest, Role, Rtu, read_reply, read_request

GOLDEN = bytes.fromhex("010404436633341B38")
ASK_VOLTAGE = read_request(1, ReadRequest(4, 0, 2))
ASK_ALL = read_request(7, ReadRequest(4, 0, 80), transaction=513)
REPLY_ALL = read_reply(ASK_ALL, [(31 * n) & 0xFFFF for n in range(80)])


def master_rtu() -> Connection:
    return Connection(Rtu(Role.MASTER))


def master_tcp() -> Connection:
    return Connection(Mbap(Role.MASTER))


def without_transaction(frame: Frame) -> Frame:
    return Frame(frame.unit, frame.function, frame.data)


def heard(connection: Connection, *parts: bytes) -> list[Event]:
    events = [event for part in parts for event in connection.receive(part)]
    return events + connection.line_idle()
