"""The name by which MQTT brokers know this head-end: made once, kept in the data directory, so that it outlives us.

Under this name a broker keeps what meters publish while the head-end is away. Two head-ends never share one.
"""

from __future__ import annotations

from pathlib import Path

from headend.domain.errors import ConfigError
from headend.ports import Random

FILE = "broker_identifier"


def broker_identifier(directory: Path, random: Random) -> str:
    """The kept name, or a new one; ConfigError when it can be neither read nor kept."""
    path = directory / FILE
    try:
        if path.exists():
            return path.read_text(encoding="ascii").strip()
        name = f"headend-{random.token(9)}"
        path.write_text(name + "\n", encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be used: {error}", file=str(path), remedy="check the data directory") from error
    return name
