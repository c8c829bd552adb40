"""A capture in words, and as entries of a vector file. Joins the reassembled streams with the decoders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from collectors.captures.chunk import Direction
from collectors.captures.reading import Capture
from collectors.captures.sayings import PROTOCOLS, UNKNOWN_PROTOCOL, Saying, understand
from headend import shipped
from headend.decoding import JsonFrame, decoder
from headend.domain.errors import ConfigError
from headend.domain.instants import iso
from protocols import dlt645
from protocols.modbus import Mbap, Role, Rtu

WAYS = {"request": Direction.TO_METERS, "response": Direction.FROM_METERS}
MODBUS_TCP = "modbus-tcp"


@dataclass(frozen=True, slots=True)
class ToldCapture:
    """Everything said, with each frame's description; noise has only its problem."""

    protocol: str
    sayings: Sequence[Saying]
    frames: Sequence[JsonFrame]

    def as_json(self) -> list[dict[str, Any]]:  # Any: JSON
        """One object a frame or piece of noise."""
        return [
            {
                "at": iso(saying.at),
                "direction": saying.direction,
                "connection": saying.connection,
                "bytes": saying.raw.hex().upper(),
                **{name: value for name, value in frame.items() if name != "direction"},
            }
            for saying, frame in zip(self.sayings, self.frames, strict=True)
        ]

    def vectors(self, source: str) -> dict[str, Any]:  # Any: JSON
        """The frames as a vector file holds them: each once, noise as frames that must be refused."""
        once = {saying.raw: (saying, frame) for saying, frame in zip(self.sayings, self.frames, strict=True)}
        entries = [
            {"name": f"{self.protocol}-{number:03}", "source": [source], **_vector(self.protocol, *pair)}
            for number, pair in enumerate(once.values(), start=1)
        ]
        return {"about": f"Frames of the capture {source}.", "protocol": self.protocol, "frames": entries}


def tell(capture: Capture, protocol: str = "auto") -> ToldCapture:
    """What was said; ConfigError for a protocol that nobody knows."""
    if protocol != "auto" and protocol not in PROTOCOLS:
        known = ", ".join(("auto", *PROTOCOLS))
        raise ConfigError(f"no protocol {protocol!r}", key="protocol", remedy=f"known: {known}")
    name, sayings = understand(capture.chunks, protocol)
    types = shipped.reading_types(shipped.config_root())
    describe = decoder({UNKNOWN_PROTOCOL: "auto", MODBUS_TCP: "modbus-rtu"}.get(name, name), types)
    frames = [_frame(name, saying, describe) for saying in sayings]
    directed = [_directed(saying, frame) for saying, frame in zip(sayings, frames, strict=True)]
    return ToldCapture(name, directed, frames)


def _frame(protocol: str, saying: Saying, describe: Callable[[str], Sequence[JsonFrame]]) -> JsonFrame:
    found = describe(_text(protocol, saying))
    frame = dict(found[0]) if found else {"valid": False, "protocol": protocol}
    if saying.noise is not None:
        frame |= {"valid": False, "problem": frame.get("problem") or saying.noise}
    if protocol == MODBUS_TCP:
        frame["protocol"] = MODBUS_TCP
        frame["problem"] = saying.noise
    return frame


def _text(protocol: str, saying: Saying) -> str:
    """The hex that a decoder reads: a Modbus TCP frame without its header is an RTU frame without its CRC."""
    if protocol != MODBUS_TCP or saying.noise is not None:
        return saying.raw.hex()
    return Rtu(Role.MASTER).encode(Mbap(Role.MASTER).parse(saying.raw)).hex()


def _directed(saying: Saying, frame: Mapping[str, object]) -> Saying:
    """On a tap the frame itself says which way it went."""
    if saying.direction is not Direction.UNKNOWN or not frame["valid"]:
        return saying
    return replace(saying, direction=WAYS.get(str(frame.get("direction")), Direction.UNKNOWN))


def _vector(protocol: str, saying: Saying, frame: JsonFrame) -> dict[str, Any]:  # Any: JSON
    direction = {way: name for name, way in WAYS.items()}.get(saying.direction)
    entry = {"hex": saying.raw.hex().upper(), "direction": direction, "valid": bool(frame["valid"])}
    if not frame["valid"]:
        return {**entry, "why": frame.get("problem")}
    told = {name: frame.get(name) for name in ("address", "control", "data_identifier", "error")}
    if protocol.startswith("dlt645"):
        told |= _dlt645_facts(saying.raw)
    return {**entry, **told, "values": _values(frame)}


def _dlt645_facts(raw: bytes) -> dict[str, str | bool]:
    event = dlt645.Connection().receive(raw)[0]
    assert isinstance(event, dlt645.FrameReceived)  # it was one before
    return {"data": event.frame.data.hex().upper(), "follow_up": event.frame.has_follow_up}


def _values(frame: JsonFrame) -> Sequence[Mapping[str, object]]:
    if frame["fields"] or frame["value"] is None:
        return list(frame["fields"])
    name = frame.get("reading_type") or frame.get("data_identifier")
    return [{"name": name, "value": frame["value"], "unit": frame["unit"] or ""}]
