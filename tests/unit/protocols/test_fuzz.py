"""The short form of P07: the parsers of strangers' bytes under the fuzzer, and a parser with a hole."""

from tests.campaigns import fuzz
from tests.campaigns.fuzz_targets import CONTROLS, TARGETS


def test_a_few_seconds_of_fuzzing_find_nothing() -> None:
    verdict = fuzz.run(seed=645, tried=1)
    assert verdict["violations"] == 0, verdict["examples"]
    assert verdict["tried"] > 500 * len(TARGETS)


def test_a_hole_is_found() -> None:
    verdict = fuzz.run(seed=645, tried=20, targets=CONTROLS)
    assert verdict["violations"] == 1
    assert "6869" in verdict["examples"][0], "the bytes that found it"
