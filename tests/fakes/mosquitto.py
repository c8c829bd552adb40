"""A real Mosquitto on a private port and folder, which may be killed and started again."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.fakes.processes import free_port

MOSQUITTO = "/usr/sbin/mosquitto"


class Broker:
    """One Mosquitto; a new start on the same port finds what it had kept."""

    def __init__(self, folder: Path, settings: str = "allow_anonymous true", *, inflight: int = 20) -> None:
        self.port = free_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._folder, self._settings, self._inflight = folder, settings, inflight
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it listens."""
        config = self._folder / "mosquitto.conf"
        limits = f"user root\nmax_inflight_messages {self._inflight}\n"
        config.write_text(f"listener {self.port} 127.0.0.1\n{self._settings}\n{limits}")
        log = (self._folder / "mosquitto.log").open("ab")
        self._process = subprocess.Popen([MOSQUITTO, "-c", str(config)], stdout=log, stderr=log)
        limit = time.monotonic() + 5
        while time.monotonic() < limit:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError((self._folder / "mosquitto.log").read_text())

    def kill(self) -> None:
        """As a power cut: nothing is said and nothing written."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None
