"""Third-party scripts: fetched once, checked by hash, and said plainly when they cannot be had."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from api.console import vendor
from api.console.vendor import HERE, STATIC, VendorError, fetch, wanted


def pretended_npm(folder: Path, content: str, code: int = 0) -> str:
    """A program that lays `content` where the wanted files are expected."""
    script = folder / "npm"
    files = "\n".join(
        f"mkdir -p node_modules/$(dirname {f.source}); printf %s '{content}' > node_modules/{f.source}"
        for f in wanted()
    )
    script.write_text(f"#!/bin/sh\n{files}\necho 'no such registry' >&2\nexit {code}\n")
    script.chmod(0o755)
    return str(script)


def test_files_that_are_there_are_not_fetched_again(tmp_path: Path) -> None:
    for file in wanted():
        (tmp_path / file.name).write_bytes((STATIC / "vendor" / file.name).read_bytes())
    assert fetch(tmp_path, npm=None) == []


def test_without_npm_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(VendorError, match=r"npm is missing: install Node\.js"):
        fetch(tmp_path, npm=None)


def test_a_file_with_another_hash_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(VendorError, match=hashlib.sha256(b"evil").hexdigest()):
        fetch(tmp_path / "vendor", pretended_npm(tmp_path, "evil"))
    assert list((tmp_path / "vendor").iterdir()) == []


def test_what_npm_complains_of_is_told(tmp_path: Path) -> None:
    with pytest.raises(VendorError, match="no such registry"):
        fetch(tmp_path / "vendor", pretended_npm(tmp_path, "", code=1))


def test_a_damaged_file_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "good"
    entry = vendor.VendorFile("a.js", wanted()[0].source, hashlib.sha256(content.encode()).hexdigest())
    npm = pretended_npm(tmp_path, content)
    monkeypatch.setattr(vendor, "wanted", lambda: [entry])
    (tmp_path / "a.js").write_text("damaged")
    assert fetch(tmp_path, npm) == ["a.js"]
    assert (tmp_path / "a.js").read_text() == content


def test_the_lock_file_names_no_host_and_the_versions_of_the_list() -> None:
    text = (HERE / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in text and "resolved" not in text
    packages = json.loads(text)["packages"]
    listed = (STATIC / "VENDOR.toml").read_text(encoding="utf-8")
    for file in wanted():
        package = file.source.partition("/")[0]
        assert f'version = "{packages[f"node_modules/{package}"]["version"]}"' in listed


def test_templates_name_the_files_of_the_list() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (HERE / "templates").glob("*.html"))
    assert all(f"vendor/{file.name}" in text for file in wanted())
