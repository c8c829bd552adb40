"""One target under libFuzzer, in a process of its own: python -m tests.campaigns.fuzz_one NAME [libFuzzer options]."""

from __future__ import annotations

import sys

import atheris  # type: ignore[import-not-found,unused-ignore]  # where there is no wheel, there is no fuzzing

with atheris.instrument_imports(include=["protocols", "headend.services", "headend.domain"]):
    from tests.campaigns.fuzz_targets import CONTROLS, TARGETS

if __name__ == "__main__":
    name, *options = sys.argv[1:]
    target = {**TARGETS, **CONTROLS}[name]
    atheris.Setup([sys.argv[0], *options], target)
    atheris.Fuzz()
