"""Published DL/T 698.45 frames and what their publishers say of them, as facts with their sources."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Vector:
    """One frame. `facts` is its JSON object; a test looks up what it checks."""

    name: str
    raw: bytes
    valid: bool
    facts: dict[str, Any]  # JSON, as published


def load() -> list[Vector]:
    """All frames, good and bad."""
    document = json.loads((Path(__file__).parent / "frames.json").read_text(encoding="utf-8"))
    return [Vector(facts["name"], bytes.fromhex(facts["hex"]), facts["valid"], facts) for facts in document["frames"]]
