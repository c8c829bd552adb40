"""Which site a command works on: the site file, its settings and its data directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from headend.settings import Settings

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
        from headend.settings import data_directory

        return data_directory(self.settings, self.file)


def open_site(file: Path) -> OpenSite:
    """Read the site file; ConfigError says what is wrong with it."""
    from headend.settings import load_settings

    return OpenSite(file, load_settings(file))
