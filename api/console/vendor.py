"""Fetches the third-party scripts of the console at set-up: `python -m api.console.vendor`.

Installs with npm what the lock file names, copies the files that VENDOR.toml lists, and keeps none whose hash differs.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
STATIC = HERE / "static"
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
NPM_DEADLINE_S = 300


class VendorError(Exception):
    """The files cannot be had; says what to do."""


@dataclass(frozen=True, slots=True)
class VendorFile:
    """One file: its name here, where it lies in node_modules, and its hash."""

    name: str
    source: str
    sha256: str

    def is_in(self, folder: Path) -> bool:
        """It is there with the right content."""
        path = folder / self.name
        return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == self.sha256


def wanted() -> Sequence[VendorFile]:
    """What VENDOR.toml lists."""
    content = tomllib.loads((STATIC / "VENDOR.toml").read_text(encoding="utf-8"))
    return [VendorFile(entry["name"], entry["from"], entry["sha256"]) for entry in content["file"]]


def fetch(folder: Path, npm: str | None) -> Sequence[str]:
    """Bring the missing files into `folder`; returns their names."""
    missing = [file for file in wanted() if not file.is_in(folder)]
    if not missing:
        return []
    if npm is None:
        raise VendorError(
            "npm is missing: install Node.js with npm, for example by apt-get install npm, and run this again"
        )
    with tempfile.TemporaryDirectory(prefix="headend-vendor-") as name:
        work = Path(name)
        for file in NPM_FILES:
            shutil.copy(HERE / file, work / file)
        _install(npm, work)
        folder.mkdir(parents=True, exist_ok=True)
        for entry in missing:
            _take(entry, work / "node_modules" / entry.source, folder)
    return [file.name for file in missing]


def _install(npm: str, work: Path) -> None:
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=NPM_DEADLINE_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise VendorError(f"npm ci did not end within {NPM_DEADLINE_S} s") from error
    if done.returncode:
        raise VendorError(f"npm ci failed:\n{done.stderr.strip()}")


def _take(file: VendorFile, source: Path, folder: Path) -> None:
    content = source.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise VendorError(f"{file.source} has the hash {found}, VENDOR.toml says {file.sha256}: nothing was taken")
    part = folder / f".{file.name}.part"
    part.write_bytes(content)
    part.replace(folder / file.name)


def main() -> int:
    """Exit code 1 and one clear line when the files cannot be had."""
    try:
        fetched = fetch(STATIC / "vendor", shutil.which("npm"))
    except VendorError as error:
        sys.stderr.write(f"console: {error}\n")
        return 1
    for name in fetched:
        sys.stdout.write(f"console: fetched {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
