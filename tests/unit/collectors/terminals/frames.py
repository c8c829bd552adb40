"""Frames that a terminal sends, as the tests of its master's side need them."""

from __future__ import annotations

import json
from pathlib import Path

from collectors.terminals.address import TerminalAddress
from collectors.terminals.settings import TerminalSettings
from protocols import gdw1376
from protocols.gdw1376 import frame as frames
from protocols.gdw1376 import identifiers
from protocols.gdw1376.replies import data_reply

ADDRESS = TerminalAddress("4403", 256)
OTHER = TerminalAddress("4403", 257)
TERMINAL = TerminalSettings().addressed(ADDRESS)
LOGIN, LOGOUT, HEARTBEAT = 1, 2, 3
FILE = Path(__file__).parents[3] / "vectors" / "gdw1376" / "frames.json"
PUBLISHED: dict[str, bytes] = {
    vector["name"]: bytes.fromhex(vector["hex"])
    for vector in json.loads(FILE.read_text(encoding="utf-8"))["frames"]
    if vector["valid"]
}


def link(function: int, sequence: int = 1, address: TerminalAddress = ADDRESS) -> bytes:
    """AFN 02 of a terminal."""
    return begun(0x02, identifiers.one(0, function), sequence, address)


def begun(afn: int, data: bytes, sequence: int = 1, address: TerminalAddress = ADDRESS) -> bytes:
    """A frame that the terminal begins and wants to have confirmed."""
    control = frames.up(9 if afn == 0x02 else 4, primary=True)
    seq = frames.seq(sequence, confirm=True)
    return gdw1376.encode(gdw1376.Frame(control, address.district, address.number, 0, afn, seq, data))


def question(sequence: int = 5, function: int = 129, point: int = 1) -> gdw1376.Frame:
    """AFN 0C."""
    return gdw1376.read_current(TERMINAL, (point,), (function,), gdw1376.Turn(sequence))


def reply(request: gdw1376.Frame, value: str = "123.4500", *, confirm: bool = False) -> bytes:
    """The answer to a question for F129, with one tariff."""
    quantities = {
        "read_at": "2026-11-24 08:15",
        "tariffs": 1,
        "active_energy_import": value,
        "active_energy_import_t1": value,
    }
    return gdw1376.encode(data_reply(request, [gdw1376.Units((1,), (129,), quantities)], confirm=confirm))


def parsed(raw: bytes) -> list[gdw1376.Frame]:
    """All frames in these bytes, which must be nothing else."""
    events = gdw1376.Connection().receive(raw)
    assert all(isinstance(event, gdw1376.FrameReceived) for event in events)
    return [event.frame for event in events if isinstance(event, gdw1376.FrameReceived)]
