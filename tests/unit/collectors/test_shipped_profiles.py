"""Profiles of Modbus and MQTT meters: the shipped ones load, and a wrong one is refused with file, line and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from collectors.profiles import ModbusProfile, MqttProfile
from headend import shipped
from headend.domain.errors import ConfigError

ROOT = shipped.config_root()
TYPES = shipped.reading_types(ROOT)
MODBUS = """\
name: mine
source: test
function: 4
registers:
  - {reading_type: voltage_l1, address: 0, type: f32, unit: V, resolution: "0.1"}
  - {reading_type: active_power, address: 2, type: i32, unit: W, resolution: "0.1"}
"""
MQTT = """\
name: mine
source: test
topic: "a/{address}/b"
values:
  - {reading_type: voltage_l1, path: u.0, unit: V}
"""


def load(root: Path, text: str, *, protocol: str = "modbus") -> ModbusProfile | MqttProfile:
    folder = root / "profiles" / protocol
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(text)
    if protocol == "modbus":
        return shipped.telling_profiles(root, protocol, ModbusProfile, TYPES)["mine"]
    return shipped.telling_profiles(root, protocol, MqttProfile, TYPES)["mine"]


def test_the_shipped_profiles_load() -> None:
    modbus = shipped.telling_profiles(ROOT, "modbus", ModbusProfile, TYPES)
    mqtt = shipped.telling_profiles(ROOT, "mqtt", MqttProfile, TYPES)
    assert modbus["eastron-sdm630"].told["active_energy_import"].address == 72
    assert {"headend-json", "tasmota", "zigbee2mqtt", "shelly-gen2-switch"} <= set(mqtt)


def test_two_reading_types_may_say_the_same_of_one_register(tmp_path: Path) -> None:
    same = MODBUS.replace("active_power, address: 2, type: i32, unit: W", "voltage_l2, address: 0, type: f32, unit: V")
    assert load(tmp_path, same).told.keys() == {"voltage_l1", "voltage_l2"}


def test_a_right_profile_is_taken(tmp_path: Path) -> None:
    assert load(tmp_path / "a", MODBUS).told.keys() == {"voltage_l1", "active_power"}
    assert load(tmp_path / "b", MQTT, protocol="mqtt").told.keys() == {"voltage_l1"}


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("active_power", "active_pwoer", "mine.yaml:6 registers.1.reading_type: no reading type 'active_pwoer'"),
        ("unit: W", "unit: kWh", "mine.yaml:6 registers.1.unit: 'kWh' is no unit of active_power (it is kept in kW)"),
        ("unit: W", "unit: hp", "mine.yaml:6 registers.1.unit: 'hp' is no unit (write one of A deg degC Hz"),
        ("type: i32", "type: i24", "mine.yaml:6 registers.1.type: Input should be 'u16'"),
        ("function: 4", "function: 6", "function must be 3"),
        ("address: 2", "address: 65535", "address 65535 is not in 0..65534"),
        ('resolution: "0.1"}', 'resolution: "0"}', "above zero"),
        ("active_power", "voltage_l1", "mine.yaml:6 registers.1.reading_type: voltage_l1 stands here twice (keep one)"),
        ("unit: W", "unit: W, untie: W", "registers.1.untie: Unexpected keyword argument"),
        (
            "address: 2,",
            "\n     adress: 2,",
            "mine.yaml:6 registers.1.address: Field required; line 7: registers.1.adress: Unexpected keyword argument "
            "(is the one the other misspelt?)",
        ),
        (
            "address: 2",
            "address: 1",
            "mine.yaml:6 registers.1.address: active_power at 1 to 2 shares words with voltage_l1 at 0 to 1 (correct",
        ),
        (
            "address: 2",
            "address: 2, exponent_at: 1",
            "mine.yaml:6 registers.1.exponent_at: the exponent of active_power at 1 shares words with voltage_l1",
        ),
    ],
)
def test_a_wrong_modbus_profile_is_refused(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        load(tmp_path, MODBUS.replace(right, wrong))


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("a/{address}/b", "a/b", "must hold {address} once"),
        ("a/{address}/b", "a/{address}/#", "is a filter"),
        ("u.0", "u..0", "is no path"),
        ("unit: V", "unit: A", "mine.yaml:5 values.0.unit: 'A' is no unit of voltage_l1"),
    ],
)
def test_a_wrong_mqtt_profile_is_refused(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        load(tmp_path, MQTT.replace(right, wrong), protocol="mqtt")
