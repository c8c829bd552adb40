"""Reads a fault script: a YAML list of rules, checked before anything listens."""

from pathlib import Path

import yaml

from simulators.errors import SimulatorError
from simulators.faultproxy.faults import Direction, Rule

KEYS = frozenset({"fault", "share", "direction", "count", "seconds"})


class ScriptError(SimulatorError):
    """The script is wrong: the message says file, rule and reason."""


def read_script(path: Path) -> tuple[Rule, ...]:
    """The rules of a file in their order."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except OSError as error:
        raise ScriptError(f"cannot read the script {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScriptError(f"{path} is not YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(content, list):
        raise ScriptError(f"{path}: write a list of rules, each {{fault: flip, share: 0.01}}")
    return tuple(_rule(entry, f"{path}: rule {number}") for number, entry in enumerate(content, start=1))


def _rule(entry: object, where: str) -> Rule:
    if not isinstance(entry, dict) or not {"fault", "share"} <= entry.keys() or entry.keys() - KEYS:
        raise ScriptError(f"{where}: a rule has fault and share, and perhaps {', '.join(sorted(KEYS))}")
    try:
        direction = Direction(entry["direction"]) if "direction" in entry else None
        return Rule(
            fault=str(entry["fault"]),
            share=float(entry["share"]),
            direction=direction,
            count=int(entry.get("count", 1)),
            seconds=float(entry.get("seconds", 1.0)),
        )
    except (TypeError, ValueError) as error:
        raise ScriptError(f"{where}: {error}") from error
