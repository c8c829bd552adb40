"""Witness log: one JSON line for every frame a simulator received and every movement of a relay or clock.

It writes what the simulator truly did and knew, so that others can be judged by it; it is never read back here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TextIO

from simulators.relay import RelayMovement


@dataclass(frozen=True, slots=True)
class Truth:
    """The meter's own values at a true instant, by reading type name."""

    as_of: datetime
    registers: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request frame on a line and what went back; `meter` is empty if no single meter was meant."""

    at: datetime
    protocol: str
    meter: str | None
    request: bytes
    reply: bytes | None = None
    truths: Sequence[Truth] = field(default=())


class Witness:
    """Buffers lines; whoever runs the simulator calls `flush` every second and `close` at the end."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._lines: list[str] = []

    @classmethod
    def open(cls, path: Path | None) -> "Witness":
        """Append to a file; without a path, a witness that forgets."""
        return cls(path.open("a", encoding="ascii") if path else None)

    def frame(self, exchange: Exchange) -> None:
        """A frame with one truth carries it; several truths (load records) follow as `record` lines."""
        if self._stream is None:
            return
        single = exchange.truths[0] if len(exchange.truths) == 1 else None
        head = {"at": _iso(exchange.at), "protocol": exchange.protocol, "meter": exchange.meter}
        reply = exchange.reply.hex() if exchange.reply is not None else None
        self._write({"kind": "frame", **head, "request": exchange.request.hex(), "reply": reply, **_truth(single)})
        if single is None:
            for truth in exchange.truths:
                self._write({"kind": "record", **head, **_truth(truth)})

    def noise(self, at: datetime, protocol: str, raw: bytes, reason: str) -> None:
        """Bytes that were no frame."""
        self._write({"kind": "noise", "at": _iso(at), "protocol": protocol, "bytes": raw.hex(), "reason": reason})

    def relay(self, meter: str, movement: RelayMovement) -> None:
        """The contact moved."""
        state = "closed" if movement.is_closed else "open"
        self._write(
            {
                "kind": "relay",
                "at": _iso(movement.at),
                "meter": meter,
                "state": state,
                "cause": movement.cause,
            }
        )

    def clock(self, at: datetime, meter: str, before: datetime, after: datetime) -> None:
        """A meter's clock was set; both are what it showed, as UTC."""
        self._write({"kind": "clock", "at": _iso(at), "meter": meter, "before": _iso(before), "after": _iso(after)})

    def flush(self) -> None:
        """Hand everything to the operating system."""
        if self._stream is not None and self._lines:
            self._stream.write("".join(self._lines))
            self._stream.flush()
        self._lines.clear()

    def close(self) -> None:
        stream = self._stream
        try:
            self.flush()
        finally:
            self._stream = None
            if stream is not None:
                stream.close()

    def _write(self, entry: Mapping[str, object]) -> None:
        if self._stream is None:
            return
        self._lines.append(json.dumps(entry, separators=(",", ":")) + "\n")


def _truth(truth: Truth | None) -> dict[str, object]:
    if truth is None:
        return {"as_of": None, "registers": None}
    registers = {name: str(value) for name, value in truth.registers.items()}
    return {"as_of": _iso(truth.as_of), "registers": registers}


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
