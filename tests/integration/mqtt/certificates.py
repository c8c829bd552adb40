"""Certificates of a test: an authority, and what it signs. Made by the openssl program; valid from yesterday on."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


def openssl(*arguments: str | Path) -> None:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files."""

    cert: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """Signs in its own folder."""

    folder: Path
    own: Pair

    def sign(self, name: str, *, subject: str = "", start: str = "20200101000000Z", end: str = "") -> Pair:
        """A pair for this common name, which is also valid for the address of the test's broker."""
        pair = Pair(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        request = self.folder / f"{name}.csr"
        openssl(
            *("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", pair.key),
            *("-subj", f"/CN={subject or name}", "-out", request),
        )
        openssl(
            *("ca", "-batch", "-notext", "-config", self.folder / "ca.conf", "-in", request, "-out", pair.cert),
            *("-startdate", start, "-enddate", end or "20991231000000Z"),
        )
        return pair


CONFIG = """
[ca]
default_ca = test
[test]
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
default_md = sha256
policy = any
unique_subject = no
x509_extensions = server
[any]
commonName = supplied
[server]
subjectAltName = IP:127.0.0.1
"""


def authority(folder: Path, name: str) -> Authority:
    """A new one, trusted by nobody yet."""
    folder.mkdir()
    own = Pair(folder / "ca.pem", folder / "ca.key")
    openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650"),
        *("-subj", f"/CN={name}", "-keyout", own.key, "-out", own.cert),
    )
    (folder / "index").touch()
    (folder / "serial").write_text("01\n")
    (folder / "ca.conf").write_text(CONFIG.format(folder=folder))
    return Authority(folder, own)
