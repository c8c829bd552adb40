"""P07: every parser of strangers' bytes under a coverage-guided fuzzer. No crash, no hang over 1 s, no 64 MB.

A crash is any exception but the parser's own, or two cuts of the same bytes that are heard differently. `tried` counts
executions of all targets together; `secs` is what each target gets.

Run: python -m tests.campaigns.fuzz --seconds 600 --seed 645 [--only dlt645]
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.campaigns.fuzz_targets import SEEDS, TARGETS, Target
from tests.campaigns.verdict import Stopwatch, Verdict

AT_ONCE = 2
HANG_S, LARGEST_MB, LARGEST_INPUT, LARGEST_PROCESS_MB = 1, 64, 4096, 1024
SPELL_S = 60
UNHEARD_ALARM = 128 + 14  # libFuzzer's own timer rang before its handler was there, on a stalled machine
FORGETFUL = ("/bin/sh", "-c", '"$@"; exit $?', "sh")  # a program's largest memory begins with that of who forked it
RUNS = re.compile(rb"#(\d+)\s")


def run(seed: int, tried: int, targets: Mapping[str, Target] = TARGETS) -> Verdict:
    """`tried` seconds for each target, two at a time."""
    watch = Stopwatch()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda name: fuzz(name, seed, tried), targets))
    return watch.verdict(
        "P07", seed, sum(done for done, _ in found), [complaint for _, complaint in found if complaint]
    )


def fuzz(name: str, seed: int, seconds: int) -> tuple[int, str]:
    """How often the target ran, and what went wrong: "" when nothing did.

    In spells that go on from what the ones before found: a fuzzer's own memory grows with all that it ever saw.
    """
    done, spells = 0, [SPELL_S] * (seconds // SPELL_S) + [seconds % SPELL_S]
    with tempfile.TemporaryDirectory() as corpus:
        for number, content in enumerate(SEEDS.get(name, ())):
            (Path(corpus) / str(number)).write_bytes(content)
        for number, spell in enumerate(spells):
            runs, complaint = _spell(name, corpus, seed + number, spell) if spell else (0, "")
            done += runs
            if complaint:
                return done, complaint
        return done, replayed(name, corpus) if done else f"{name}: ran not once"


def _spell(name: str, corpus: str, seed: int, seconds: int) -> tuple[int, str]:
    arguments = [
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        f"-timeout={HANG_S}",
        f"-malloc_limit_mb={LARGEST_MB}",
        f"-rss_limit_mb={LARGEST_PROCESS_MB}",  # with all that the fuzzer remembers
        f"-max_len={LARGEST_INPUT}",
        f"-artifact_prefix={corpus}/",
        corpus,
    ]
    command = [sys.executable, "-m", "tests.campaigns.fuzz_one", name, *arguments]
    ended = subprocess.run([*FORGETFUL, *command], capture_output=True, check=False)
    if ended.returncode == UNHEARD_ALARM and not _finds(corpus):  # a true hang writes its input, and hangs again
        ended = subprocess.run([*FORGETFUL, *command], capture_output=True, check=False)
    told = ended.stdout + ended.stderr
    runs = max((int(count) for count in RUNS.findall(told)), default=0)
    if ended.returncode == 0:
        return runs, ""
    return runs, f"{name}: {(_finds(corpus) or [''])[0]} {told[-400:].decode('utf-8', 'replace')}"


def _finds(corpus: str) -> list[str]:
    return sorted(path.read_bytes().hex() for path in Path(corpus).glob("*-*"))


def replayed(name: str, corpus: str) -> str:
    """What is wrong with the found inputs when the parser is alone with them: memory kept, or a call too long."""
    command = [sys.executable, "-m", "tests.campaigns.fuzz_replay", name, corpus]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    is_fine = told["grown_mb"] < LARGEST_MB and told["slowest_s"] < HANG_S
    return "" if is_fine else f"{name}: {told}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=645)
    parser.add_argument("--only", choices=TARGETS, action="append")
    chosen = parser.parse_args(arguments)
    verdict = run(chosen.seed, chosen.seconds, {name: TARGETS[name] for name in chosen.only or TARGETS})
    print(json.dumps(verdict))
    return 1 if verdict["violations"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
