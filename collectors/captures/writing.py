"""Writes a capture, a line of JSON a chunk. Each line is with the operating system before the call returns.

A killed process leaves at most one cut line. A disk that takes no more ends the capture, never what is captured: the
failure is kept in `failure`, and everything before it stays in the file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from io import FileIO
from pathlib import Path

from collectors.captures.chunk import Direction, Header
from headend.domain.errors import ConfigError
from headend.domain.instants import iso

VERSION = 1


class CaptureWriter:
    """One capture file, open from the start; `now` stamps the chunks."""

    def __init__(self, path: Path, header: Header, now: Callable[[], datetime]) -> None:
        self._path, self._now = path, now
        self._file = _new_file(path)
        self.chunks = 0
        self.failure: str | None = None
        started = iso(header.started)
        self._write({"capture": VERSION, "line": header.line, "started": started, "program": header.program})

    def record(self, direction: Direction, data: bytes, connection: int = 1) -> None:
        """Keep some bytes; after a failure nothing is kept any more."""
        if data and self.failure is None:
            at = self._now().isoformat(timespec="microseconds").replace("+00:00", "Z")
            chunk = {"at": at, "direction": direction, "bytes": data.hex().upper()}
            self._write(chunk if connection == 1 else {**chunk, "connection": connection})
            self.chunks += self.failure is None

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def abandon(self) -> None:
        """Let go of a capture that went wrong; one in which nothing was said yet is no capture, and is removed."""
        self.close()
        if not self.chunks and self.failure is None:
            self._path.unlink(missing_ok=True)

    def _write(self, entry: Mapping[str, object]) -> None:
        line = json.dumps(entry).encode("ascii") + b"\n"
        try:
            written = self._file.write(line)
        except OSError as error:
            self._fail(error.strerror or str(error))
            return
        if written != len(line):
            self._fail("the disk is full")

    def _fail(self, reason: str) -> None:
        self.failure = f"{self._path}: the capture ends after {self.chunks} chunks: {reason}"


def _new_file(path: Path) -> FileIO:
    """Never over a capture that is there."""
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644), "ab", buffering=0)
    except FileExistsError as error:
        raise ConfigError("the file exists", file=str(path), remedy="choose another name; captures are kept") from error
    except OSError as error:
        problem = f"cannot write the capture: {error.strerror}"
        raise ConfigError(problem, file=str(path), remedy="choose a folder that you may write to") from error
