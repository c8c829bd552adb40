"""Build hook: with HEADEND_COMPILE=1 the wheel carries the hot modules compiled by mypyc beside their sources.

The same Python, type-checked and compiled; nothing else differs. Without the variable the wheel is pure Python.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Where an exchange spends its time, and every class that stands on a class there: an interpreted one may not.
HOT = (
    "protocols/dlt645/frame.py",
    "protocols/dlt645/connection.py",
    "protocols/dlt645/formats.py",
    "protocols/dlt645/data_item.py",
    "protocols/dlt645/data_identifiers.py",
    "protocols/dlt645/load_records.py",
    "protocols/dlt645/families/freezes.py",
    "protocols/dlt645/families/opaque.py",
    "protocols/dlt645/replies.py",
    "protocols/dlt645/requests.py",
    "protocols/modbus/frame.py",
    "protocols/modbus/reads.py",
    "protocols/modbus/registers.py",
    "collectors/channel.py",
    "collectors/conversation.py",
    "collectors/gateway.py",
    "collectors/lines.py",
    "collectors/register_reads.py",
    "collectors/session.py",
    "collectors/agreement.py",
    "collectors/agreed_reads.py",
    "collectors/transports/opened.py",
    "collectors/transports/pipe.py",
    "collectors/transports/serial.py",
    "collectors/two_forms.py",
    "collectors/drivers/dlt645.py",
    "collectors/drivers/gdw1376.py",
    "collectors/drivers/modbus.py",
)
ROOMS = ("headend", "protocols", "collectors")


class CompiledWheel(BuildHookInterface):  # type: ignore[type-arg,misc]  # hatchling has no types here
    """Compiles HOT in a copy of the rooms and puts the results into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # Any: hatchling's own
        """Called before the wheel is written; an editable install is never compiled."""
        if self.target_name != "wheel" or version == "editable" or os.environ.get("HEADEND_COMPILE") != "1":
            return
        self._folder = Path(tempfile.mkdtemp(prefix="headend-compile-"))
        for room in ROOMS:
            shutil.copytree(Path(self.root) / room, self._folder / room, ignore=shutil.ignore_patterns("__pycache__"))
        command = [sys.executable, "-m", "mypyc", "--ignore-missing-imports", *HOT]
        subprocess.run(command, cwd=self._folder, check=True, stdout=subprocess.DEVNULL)
        compiled = [p for p in self._folder.rglob("*.so") if "build" not in p.relative_to(self._folder).parts]
        build_data["force_include"] |= {str(path): str(path.relative_to(self._folder)) for path in compiled}
        build_data["pure_python"], build_data["infer_tag"] = False, True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # Any: hatchling's own
        """Called when the wheel is there."""
        folder = getattr(self, "_folder", None)
        if folder is not None:
            shutil.rmtree(folder)
