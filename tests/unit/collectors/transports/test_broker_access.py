"""Credentials in files: a wrong one is named, and what is in them is shown nowhere."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from collectors.line_urls import parse_line
from collectors.transports.broker_access import BrokerAccess, access_of
from collectors.transports.broker_losses import in_words
from headend.domain.errors import ConfigError
from tests.integration.mqtt.certificates import authority


def test_a_url_names_files_and_they_are_the_access() -> None:
    url = parse_line("mqtts://broker:8883?username=u&password_file=/s&ca=/a&cert=/c&key=/k")
    assert access_of(url) == BrokerAccess("broker", 8883, True, "/a", "/c", "/k", "u", "/s")
    assert access_of(parse_line("mqtt://broker:1883")) == BrokerAccess("broker", 1883)


def test_without_tls_and_password_nothing_is_read() -> None:
    credentials = BrokerAccess("broker", 1883).open()
    assert (credentials.tls, credentials.password) == (None, None)


def test_a_password_is_the_line_in_its_file_and_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret word\n")
    credentials = BrokerAccess("b", 1, username="u", password_file=str(tmp_path / "secret")).open()
    assert credentials.password == "s3cret word"
    assert "s3cret" not in repr(credentials)


def test_tls_is_strict() -> None:
    tls = BrokerAccess("b", 1, True).open().tls
    assert tls is not None
    assert (tls.verify_mode, tls.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert tls.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("key", ["ca", "cert", "key", "password_file"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, key: str) -> None:
    ours = authority(tmp_path / "ca", "Ours")
    files = {"ca": ours.own.cert, "cert": ours.own.cert, "key": ours.own.key} | {key: tmp_path / "gone"}
    with pytest.raises(ConfigError, match="No such file") as wrong:
        BrokerAccess("b", 1, True, **{name: str(path) for name, path in files.items()}).open()
    assert (wrong.value.file, wrong.value.key) == (str(tmp_path / "gone"), key)


def test_files_that_do_not_fit_are_named(tmp_path: Path) -> None:
    ours, other = authority(tmp_path / "ca", "Ours"), authority(tmp_path / "other", "Other")
    text = tmp_path / "text"
    text.write_text("nothing")
    for ca, cert, key, problem in (
        (text, ours.own.cert, ours.own.key, "holds no certificate"),
        (ours.own.cert, ours.own.cert, other.own.key, "is not the key of"),
        (ours.own.cert, text, ours.own.key, "no certificate and plain key"),
    ):
        with pytest.raises(ConfigError, match=problem):
            BrokerAccess("b", 1, True, str(ca), str(cert), str(key)).open()


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)", "does not speak TLS"),
        ("[SSL: X] certificate verify failed: certificate has expired (_ssl.c:1)", "not trusted: certificate has exp"),
        ("[Errno 111] Connection refused", "Connection refused"),
    ],
)
def test_a_loss_is_told_in_words(problem: str, words: str) -> None:
    assert words in in_words(problem, None)
