"""Why a connection to a broker failed, in words. The client tells only that it timed out; its log knows the reason."""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Mapping
from typing import Final

ALERTS: Final[Mapping[str, str]] = {
    "CERTIFICATE_REQUIRED": "the broker wants a client certificate",
    "HANDSHAKE_FAILURE": "the broker refuses the handshake; it may want a client certificate",
    "CERTIFICATE_EXPIRED": "the broker says that our certificate has expired",
    "CERTIFICATE_REVOKED": "the broker says that our certificate was revoked",
    "BAD_CERTIFICATE": "the broker refuses our certificate",
    "UNKNOWN_CA": "the broker does not know who signed our certificate",
    "WRONG_VERSION_NUMBER": "the broker does not speak TLS on this port",
}
HUNG_UP: Final = "the broker hung up in the TLS handshake; it may want a client certificate, or another one"
_UNTRUSTED: Final = re.compile(r"certificate verify failed: (.*?)(?: \(_ssl\.c:\d+\))?$")


class Overheard(logging.Logger):
    """The client's logger: keeps the last error of the socket, writes nothing; the line tells of its losses itself."""

    def __init__(self) -> None:
        super().__init__("collectors.broker", logging.ERROR)
        self.propagate = False
        self.last_error: BaseException | None = None

    def handle(self, record: logging.LogRecord) -> None:
        """Keep, do not write."""
        for told in record.args if isinstance(record.args, tuple) else ():
            if isinstance(told, OSError):
                self.last_error = told


def in_words(problem: str, overheard: BaseException | None) -> str:
    """The reason of a failure, as somebody can act on it."""
    if isinstance(overheard, ssl.SSLError):
        reason = overheard.reason or ""
        return next((words for alert, words in ALERTS.items() if reason.endswith(alert)), reason or str(overheard))
    untrusted = _UNTRUSTED.search(problem)
    if untrusted:
        return f"its certificate is not trusted: {untrusted[1]}"
    alert = next((words for name, words in ALERTS.items() if f"{name}]" in problem), "")
    return alert or problem
