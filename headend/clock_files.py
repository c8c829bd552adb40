"""`clocks.yaml`, and the file of meters' passwords. Refuses a password file that anybody but its owner can read."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from headend.domain.clock_correction import CorrectionTerms, WriteAccess
from headend.domain.clocks import JumpTerms
from headend.domain.errors import ConfigError
from headend.domain.metering import MeterInstallation
from headend.yaml_file import load_yaml


@dataclass(frozen=True, slots=True)
class ClockTerms:
    """The content of the file."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    version: int
    jumps: JumpTerms = field(default_factory=JumpTerms)
    correction: CorrectionTerms = field(default_factory=CorrectionTerms)


def clock_terms(root: Path) -> ClockTerms:
    """The terms in force."""
    return load_yaml(root / "clocks.yaml", ClockTerms)


@dataclass(frozen=True, slots=True)
class _Secrets:
    """`meters`: write access by serial number; `default` is for all others."""

    __pydantic_config__: ClassVar = {"extra": "forbid", "hide_input_in_errors": True}
    default: WriteAccess | None = field(default=None, repr=False)
    meters: Mapping[str, WriteAccess] = field(default_factory=dict, repr=False)


class SecretsFile:
    """Port MeterAccess over a file beside the site file. It is read when it is needed and not kept."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, installation: MeterInstallation) -> WriteAccess | None:
        """See the port."""
        try:
            mode = self._path.stat().st_mode
        except FileNotFoundError:
            return None
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError("can be read by others", file=str(self._path), remedy="chmod 600")
        secrets = _loaded(self._path)
        return secrets.meters.get(installation.meter.serial_number, secrets.default)


def _loaded(path: Path) -> _Secrets:
    try:
        return load_yaml(path, _Secrets)
    except ConfigError as error:  # its words may hold what was written there
        key = error.key.partition(".")[0]
        raise ConfigError(
            "has a wrong shape", file=str(path), line=error.line, key=key, remedy="see docs/clocks.md"
        ) from None
