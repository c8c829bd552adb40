"""Which site a command works on: the site file, its settings and its data directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from headend.settings import Settings, data_directory, load_settings

SiteOption = Annotated[
    Path, typer.Option("--site", help="the site file", envvar="HEADEND_SITE", metavar="FILE", show_default=True)
]
DEFAULT_SITE = Path("site.yaml")


@dataclass(frozen=True, slots=True)
class OpenSite:
    """A site file that was read."""

    file: Path
    settings: Settings

    @property
    def directory(self) -> Path:
        """Where its data live."""
        return data_directory(self.settings, self.file)


def open_site(file: Path) -> OpenSite:
    """Read the site file; ConfigError says what is wrong with it."""
    return OpenSite(file, load_settings(file))
