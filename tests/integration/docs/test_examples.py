"""The examples of our pages run as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

DOCS = Path(__file__).parents[3] / "docs"
FENCE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def examples(page: str) -> list[str]:
    return FENCE.findall((DOCS / page).read_text(encoding="utf-8"))


def ran(code: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, so that an example must bring its own imports."""
    return subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("number", range(5))
def test_a_codec_example_runs(number: int) -> None:
    done = ran(examples("use-the-codecs-alone.md")[number])
    assert done.returncode == 0, done.stderr


def test_all_codec_examples_are_run() -> None:
    assert len(examples("use-the-codecs-alone.md")) == 5


def test_a_wrong_example_is_seen() -> None:
    assert ran(examples("use-the-codecs-alone.md")[0].replace("26743.30", "26743.31")).returncode != 0


def test_no_codec_example_imports_the_head_end() -> None:
    for code in examples("use-the-codecs-alone.md"):
        done = ran(
            code + "\nimport sys\nprint([n for n in sys.modules if n.split('.')[0] in "
            "('headend', 'collectors', 'api', 'simulators', 'asyncio', 'socket')])"
        )
        assert done.stdout.splitlines()[-1] == "[]"


def test_the_examples_of_the_pytest_plugin_pass(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (code,) = examples("test-against-our-simulators.md")
    pytester.makepyfile(code)
    pytester.runpytest_subprocess("-p", "simulators.pytest_plugin", "-W", "error").assert_outcomes(passed=2)
