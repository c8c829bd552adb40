"""What is fuzzed: every parser that reads bytes of strangers, each with the only error it may raise.

A target raises whatever the parser raises beyond that; the fuzzer then keeps the bytes. Run one by hand:
python -m tests.campaigns.fuzz_one NAME -max_total_time=60
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from headend.clock import SystemClock
from headend.domain.errors import HeadEndError
from headend.services.import_meters import ImportMeters
from protocols import dlt645, dlt698, gdw1376, modbus, mqtt
from protocols.dlt645.describe import describe_line as describe_dlt645
from protocols.dlt698.describe import describe_line as describe_dlt698
from protocols.errors import ProtocolError
from protocols.gdw1376.describe import describe_line as describe_gdw1376
from protocols.modbus.describe import describe_line as describe_modbus
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry

Target = Callable[[bytes], None]


def _stream(new: Callable[[], object], describe: Callable[[str], object]) -> Target:
    """A receiver that hears the bytes at once and in two pieces, and the words for them."""

    def target(data: bytes) -> None:
        whole, halves = new(), new()
        heard = whole.receive(data) + whole.line_idle()  # type: ignore[attr-defined]  # each protocol's own Connection
        cut = len(data) // 2
        pieces = halves.receive(data[:cut]) + halves.receive(data[cut:])  # type: ignore[attr-defined]
        pieces += halves.line_idle()  # type: ignore[attr-defined]
        if [e for e in heard if hasattr(e, "frame")] != [e for e in pieces if hasattr(e, "frame")]:
            raise AssertionError("the cut changed what was heard")
        _only(ProtocolError, lambda: describe(data.hex()))

    return target


def _payload(data: bytes) -> None:
    _only(ProtocolError, lambda: mqtt.parse(data))


def _import(data: bytes) -> None:
    importer = ImportMeters(
        MemoryMeterRegistry(),
        lambda protocol, address, url, profile: (address, url),
        zone=ZoneInfo("Asia/Shanghai"),
        clock=SystemClock(),
        events=MemoryEventLog(),
        changed=lambda: None,
    )
    _only(HeadEndError, lambda: asyncio.run(importer.run(data.decode("utf-8", "replace"), "fuzz.csv")))


def _only(allowed: type[Exception], work: Callable[[], object]) -> None:
    try:
        work()
    except allowed:
        return


TARGETS: Mapping[str, Target] = {
    "dlt645": _stream(dlt645.Connection, describe_dlt645),
    "modbus_rtu": _stream(lambda: modbus.Connection(modbus.Rtu(modbus.Role.MASTER)), describe_modbus),
    "modbus_mbap": _stream(lambda: modbus.Connection(modbus.Mbap(modbus.Role.MASTER)), describe_modbus),
    "mqtt_json": _payload,
    "csv_import": _import,
    "gdw1376": _stream(gdw1376.Connection, describe_gdw1376),
    "dlt698": _stream(dlt698.Connection, describe_dlt698),
}


def _control(data: bytes) -> None:
    """A parser with a hole."""
    if data[:2] == b"hi":
        raise ValueError("a hole")


CONTROLS: Mapping[str, Target] = {"control": _control}
SEEDS: Mapping[str, tuple[bytes, ...]] = {
    "dlt645": (
        dlt645.encode(dlt645.read("000000000001", "00010000")),
        bytes.fromhex("68010000000000689108333334338967453316"),
    ),
    "csv_import": (
        b"usage_point,customer_class,capacity_kva,serial_number,protocol,profile,server_address,line_url,multiplier,"
        b"installed_at\nUP1,residential,8,S1,dlt645,dlt645-2007,1,tcp://10.0.0.1:8899,1,2026-01-31\n",
    ),
    "mqtt_json": (b'{"time":"2026-01-01T00:00:00Z","ENERGY":{"Total":[1.5,"2",null]}}',),
}
