"""The route of an MQTT meter is checked when it is imported: files, options and the form of its address."""

from __future__ import annotations

from pathlib import Path

import pytest

from headend.domain.errors import ConfigError
from headend.domain.metering import Protocol
from tests.integration.mqtt.certificates import authority
from tests.unit.headend.test_import_meters import FIELD


def refused(address: str, url: str, profile: str) -> ConfigError:
    with pytest.raises(ConfigError) as wrong:
        FIELD.check_route(Protocol.MQTT, address, url, profile)
    return wrong.value


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    ours = authority(tmp_path / "ca", "Ours")
    good = f"mqtts://b:8883?ca={ours.own.cert}&cert={ours.own.cert}&key={ours.own.key}"
    assert FIELD.check_route(Protocol.MQTT, "m1", good, "headend-json") == ("m1", good)
    wrong = refused("m1", good.replace("ca.key", "no.key"), "headend-json")
    assert (wrong.key, "no.key" in wrong.problem, "No such file" in wrong.problem) == ("line_url", True, True)


def test_a_sparkplug_address_names_group_and_edge_node() -> None:
    url = "mqtt://b:1883"
    assert FIELD.check_route(Protocol.MQTT, "plant/gate/m1", url, "sparkplug-b") == ("plant/gate/m1", url)
    wrong = refused("m1", url, "sparkplug-b")
    assert (wrong.key, "group/edge" in wrong.problem) == ("server_address", True)


def test_no_other_protocol_travels_over_a_broker() -> None:
    with pytest.raises(ConfigError, match="does not travel"):
        FIELD.check_route(Protocol.DLT645, "1", "mqtts://b:8883", "dlt645-2007")
