"""Published frames of Q/GDW 376.1 and what their publishers say of them, as facts with their sources."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("frames.json")


@dataclass(frozen=True, slots=True)
class Vector:
    """One published frame. `facts` is its JSON object; a test looks up what it checks."""

    name: str
    raw: bytes
    valid: bool
    facts: dict[str, Any]  # JSON, as published


def load() -> list[Vector]:
    document = json.loads(_FILE.read_text(encoding="utf-8"))
    return [Vector(f["name"], bytes.fromhex(f["hex"]), f["valid"], f) for f in document["frames"]]
