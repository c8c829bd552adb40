"""The server that holds a site's stores, if one runs: commands ask it instead of opening its files.

A server leaves its address and a token that lives as long as it does in `server.json`, readable by its owner only.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from headend.domain.errors import ConfigError, HeadEndError

FILE = "server.json"
TIMEOUT_S = 120.0


class ServerRefused(HeadEndError):
    """The running server said no."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered."""

    content: bytes
    media_type: str

    def json(self) -> object:
        """The content as JSON."""
        return json.loads(self.content)


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server on this machine."""

    url: str
    token: str

    def ask(self, method: str, path: str, body: bytes | None = None, media_type: str = "application/json") -> Answer:
        """One request; ServerRefused carries the problem's own words."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": media_type}
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
                return Answer(response.read(), response.headers.get_content_type())
        except urllib.error.HTTPError as error:
            raise ServerRefused(_problem(error)) from error
        except OSError as error:
            raise ServerRefused(f"the server at {self.url} does not answer: {error}") from error


def announce(directory: Path, url: str, token: str) -> None:
    """Leave word where the server is; only the owner can read it."""
    path = directory / FILE
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"pid": os.getpid(), "url": url, "token": token}, file)


def withdraw(directory: Path) -> None:
    """The server has gone."""
    (directory / FILE).unlink(missing_ok=True)


def find(directory: Path) -> RunningServer | None:
    """The server of this data directory, or None when none runs (a file left by a dead one is ignored)."""
    try:
        content = json.loads((directory / FILE).read_text(encoding="utf-8"))
        os.kill(content["pid"], 0)
        return RunningServer(content["url"], content["token"])
    except (FileNotFoundError, ProcessLookupError):
        return None
    except PermissionError as error:
        raise ConfigError(
            "a server of another user runs on this data directory", file=str(directory), remedy="run as its user"
        ) from error
    except (ValueError, KeyError, TypeError):
        return None


def _problem(error: urllib.error.HTTPError) -> str:
    try:
        content = json.loads(error.read())
        return str(content.get("detail") or content.get("title") or error)
    except ValueError:
        return str(error)
