"""Who we are to a broker and how we know it: certificates, name and password, read from files. Connects nowhere.

A secret is never part of a URL: the URL names files, and what is in them is shown nowhere.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from collectors.line_urls import LineUrl
from headend.domain.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is in the files."""

    tls: ssl.SSLContext | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class BrokerAccess:
    """Where the broker is, and the files that prove both sides. Without `ca` the system's authorities are trusted."""

    host: str
    port: int
    is_tls: bool = False
    ca: str = ""
    cert: str = ""
    key: str = ""
    username: str = ""
    password_file: str = ""

    def open(self) -> Credentials:
        """Read the files; ConfigError names the one that is wrong."""
        password = _text("password_file", self.password_file) if self.password_file else None
        return Credentials(self._tls() if self.is_tls else None, password)

    def _tls(self) -> ssl.SSLContext:
        for key, path in (("ca", self.ca), ("cert", self.cert), ("key", self.key)):
            if path:
                _text(key, path)
        try:
            context = ssl.create_default_context(cafile=self.ca or None)
        except (ssl.SSLError, ValueError) as error:
            raise _wrong("ca", self.ca, "holds no certificate in PEM form") from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.cert:
            self._load_own(context)
        return context

    def _load_own(self, context: ssl.SSLContext) -> None:
        try:
            context.load_cert_chain(self.cert, self.key, password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            reason = getattr(error, "reason", None) or ""
            if "MISMATCH" in reason:
                raise _wrong("key", self.key, f"is not the key of {self.cert}") from error
            raise _wrong("cert", self.cert, f"with {self.key} is no certificate and plain key in PEM form") from error


def access_of(url: LineUrl) -> BrokerAccess:
    """The access that a line URL tells."""
    told = {name: url.option(name, "") for name in ("ca", "cert", "key", "username", "password_file")}
    return BrokerAccess(url.host, url.port, url.scheme == "mqtts", **told)


def _text(key: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not text"
        raise _wrong(key, path, reason or str(error)) from error


def _wrong(key: str, path: str, problem: str) -> ConfigError:
    return ConfigError(problem, file=path, key=key)


def _no_password() -> str:
    """Never ask at the terminal: an encrypted key is an error."""
    return ""
