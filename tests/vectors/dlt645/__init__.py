"""Published DL/T 645 frames and what their publishers say of them, as facts with their sources."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Vector:
    """One published frame. `facts` is its JSON object; a test looks up what it checks."""

    protocol: str
    name: str
    raw: bytes
    valid: bool
    facts: dict[str, Any]  # JSON, as published


def load() -> list[Vector]:
    """All frames of both editions."""
    vectors = []
    for path in sorted(_HERE.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        vectors += [
            Vector(document["protocol"], facts["name"], bytes.fromhex(facts["hex"]), facts["valid"], facts)
            for facts in document["frames"]
        ]
    return vectors
