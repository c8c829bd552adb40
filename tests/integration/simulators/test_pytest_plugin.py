"""The pytest plugin as another project uses it: its own tests and clients, of ours only the fixtures."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

pytest_plugins = ["pytester"]

DLT645 = """
from decimal import Decimal
from dlt645 import MeterClientService
from simulators.faultproxy import Direction, Rule

def wire_order(address):
    return "".join(address[n : n + 2] for n in range(10, -1, -2))

def test_a_foreign_client_reads_what_the_meter_told(dlt645_meter):
    service = MeterClientService.new_tcp_client(dlt645_meter.host, dlt645_meter.port, timeout=2)
    service.set_address(wire_order(dlt645_meter.address))
    item = service.read_00(0x00010000)
    service.client.disconnect()
    assert Decimal(str(item.value)) == dlt645_meter.value("active_energy_import")
    assert len(dlt645_meter.requests) == 1 and dlt645_meter.requests[0].startswith(b"\\x68")
    assert dlt645_meter.url == f"dlt645+tcp://{dlt645_meter.host}:{dlt645_meter.port}/{dlt645_meter.address}"

def test_each_test_has_a_meter_of_its_own(dlt645_meter):
    assert dlt645_meter.requests == () and dlt645_meter.told() == ()

def test_a_bad_line_is_bad(dlt645_meter, fault_line):
    bad = fault_line(dlt645_meter, Rule("truncate", 1.0, Direction.DOWN), delay=0.5, seed=7)
    assert bad.port != dlt645_meter.port
    service = MeterClientService.new_tcp_client(bad.host, bad.port, timeout=0.5)
    service.set_address(wire_order(dlt645_meter.address))
    assert service.read_00(0x00010000) is None
    service.client.disconnect()
    assert dlt645_meter.requests == ()
"""

MODBUS = """
from decimal import Decimal
import struct
from pymodbus.client import ModbusTcpClient

def energy(host, port):
    with ModbusTcpClient(host, port=port, timeout=2) as client:
        registers = client.read_input_registers(72, count=2, device_id=1).registers
    return Decimal(str(round(struct.unpack(">f", struct.pack(">2H", *registers))[0], 2)))

def test_a_foreign_client_reads_what_the_meter_told(modbus_meter):
    found = energy(modbus_meter.host, modbus_meter.port)
    assert found == modbus_meter.value("active_energy_import")
    assert modbus_meter.address == "1" and len(modbus_meter.requests) == 1

def test_a_clean_line_changes_nothing(modbus_meter, fault_line):
    line = fault_line(modbus_meter)
    assert energy(line.host, line.port) > 0
    assert str(line).endswith("/1") and line.startswith("modbus+tcp://")
"""

MQTT = """
import json
import threading
from decimal import Decimal
import paho.mqtt.client as mqtt

def test_a_foreign_subscriber_hears_what_the_meter_told(mqtt_meter):
    heard, came = [], threading.Event()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.on_message = lambda *given: (heard.append(given[2]), came.set())
    client.connect(mqtt_meter.host, mqtt_meter.port)
    client.loop_start()
    client.subscribe(mqtt_meter.topic, qos=1)
    client.publish(mqtt_meter.topic.replace("state", "get"), b"{}", qos=1)
    assert came.wait(10)
    client.loop_stop()
    client.disconnect()
    told = mqtt_meter.told()
    payload = heard[0].payload.decode()
    assert heard[0].topic == mqtt_meter.topic
    assert any(str(registers["active_energy_import"]) in payload for registers in told)
"""

TERMINAL = """
import socket
from protocols.gdw1376 import Connection

def test_a_terminal_dials_in_and_says_who_it_is(terminal):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        dialling = terminal(to=f"127.0.0.1:{port}", address="4403-00257", meters=3)
        server.settimeout(10)
        line, _ = server.accept()
        with line:
            line.settimeout(10)
            (event,) = Connection().receive(line.recv(4096))
    assert (event.frame.district, event.frame.terminal) == ("4403", 257)
    assert dialling.address == "4403-00257" and dialling.url == f"gdw1376://127.0.0.1:{port}/4403-00257/1"
"""

CLOCK = """
from datetime import datetime, timezone
import socket
import pytest
from protocols.dlt645 import Connection, encode, read

@pytest.fixture
def headend_now():
    return lambda: datetime(2026, 3, 1, 8, 0, tzinfo=timezone.utc)

def ask(meter):
    with socket.create_connection((meter.host, meter.port), 5) as line:
        line.sendall(encode(read(meter.address, "00010000")))
        return line.recv(4096)

def test_a_stopped_clock_gives_the_same_bytes(dlt645_meter):
    assert ask(dlt645_meter) == ask(dlt645_meter)
    assert str(dlt645_meter.value("active_energy_import")) == "VALUE"

def test_what_was_never_told_is_a_clear_error(dlt645_meter):
    with pytest.raises(LookupError, match="has told no 'voltage_l1'; it has told nothing"):
        dlt645_meter.value("voltage_l1")
"""


Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run_alone(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs with no other plugin than ours, in a process of its own; a warning is an error."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    options = ("-p", "simulators.pytest_plugin", "-W", "error")
    return lambda *more: pytester.runpytest_subprocess(*options, *more)


@pytest.mark.parametrize(
    ("name", "source", "count"),
    [("dlt645", DLT645, 3), ("modbus", MODBUS, 2), ("mqtt", MQTT, 1), ("terminal", TERMINAL, 1)],
)
def test_another_project_tests_against_our_devices(
    pytester: pytest.Pytester, run_alone: Run, name: str, source: str, count: int
) -> None:
    pytester.makepyfile(**{f"test_{name}": source})
    run_alone().assert_outcomes(passed=count)


def test_the_time_of_the_devices_is_the_projects(pytester: pytest.Pytester, run_alone: Run) -> None:
    from datetime import UTC, datetime

    from simulators import FleetPlan, build_fleet

    (meter,) = build_fleet(FleetPlan(1))
    value = meter.energy(datetime(2026, 3, 1, 8, 0, tzinfo=UTC)).register("active_energy_import")
    pytester.makepyfile(CLOCK.replace("VALUE", str(value)))
    run_alone().assert_outcomes(passed=2)


def test_a_broker_of_the_project_is_used(pytester: pytest.Pytester, run_alone: Run) -> None:
    pytester.makepyfile("def test_it(mqtt_meter): pass")
    done = run_alone("--headend-broker", "mqtt://127.0.0.1:1")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*cannot publish to mqtt://127.0.0.1:1*"])


def test_devices_end_with_a_failing_test(pytester: pytest.Pytester, run_alone: Run) -> None:
    """Neither a thread nor a socket is left, and nothing is warned of."""
    pytester.makepyfile("""
        import socket, threading
        places = []

        def test_fails(dlt645_meter, modbus_meter, mqtt_meter, terminal, fault_line):
            terminal(to="127.0.0.1:1")
            places.extend([dlt645_meter.port, modbus_meter.port, mqtt_meter.port, fault_line(dlt645_meter).port])
            raise RuntimeError

        def test_nothing_is_left():
            assert len(places) == 4
            for port in places:
                with socket.socket() as probe:
                    assert probe.connect_ex(("127.0.0.1", port)) != 0
            assert not [thread for thread in threading.enumerate() if thread.name == "simulators"]
    """)
    run_alone().assert_outcomes(passed=1, failed=1)


def test_whoever_asks_for_no_fixture_waits_for_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys

        def test_nothing_of_it_is_imported():
            assert "simulators.pytest_plugin" in sys.modules
            heavy = {"numpy", "aiomqtt", "amqtt", "serial", "simulators.run", "simulators.under_test", "protocols"}
            assert not heavy & sys.modules.keys()
    """)
    pytester.runpytest_subprocess("-p", "no:hypothesispytest", "-p", "no:schemathesis").assert_outcomes(passed=1)


def test_the_names_of_the_package_are_all_there() -> None:
    code = "import simulators; [getattr(simulators, name) for name in simulators.__all__]; simulators.nothing"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "has no attribute 'nothing'" in done.stderr and "AttributeError" in done.stderr
