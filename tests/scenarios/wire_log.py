"""What happened on the wire, as one hash: the same seed must give the same one. Keeps no bytes unless it is told to."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class WireLog:
    """Every write and every arrival of every line, in order; `requests` keeps who was asked when."""

    _digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    requests: list[tuple[float, str, str]] = field(default_factory=list)  # second, line, meter address
    functions: Counter[int] = field(default_factory=Counter)  # how often each control code was sent

    def note(self, second: float, line: str, kind: str, data: bytes) -> None:
        """`kind` is > for written, < for arrived, ! for a change of the line itself."""
        self._digest.update(f"{second:.9f} {line} {kind} {data.hex()}\n".encode())

    def asked(self, second: float, line: str, request: bytes) -> None:
        """Remember whom a request was for (wake-up bytes, 68, six address bytes)."""
        frame = request.lstrip(b"\xfe")
        self.functions[frame[8]] += 1
        address = frame[1:7][::-1].hex()
        self.requests.append((second, line, address))

    @property
    def sha256(self) -> str:
        """The hash of all that happened until now."""
        return self._digest.copy().hexdigest()
