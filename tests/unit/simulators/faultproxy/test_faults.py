"""Each fault does what its name says and nothing else; the same seed does it again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.faultproxy.faults import FAULTS, Direction, Outcome, Pass, Reset, Rule, StopReading
from simulators.faultproxy.model import FaultModel, Verdict
from simulators.faultproxy.script import ScriptError, read_script

CHUNK = bytes.fromhex("68010000000000681104333334 33b316".replace(" ", ""))


def struck(fault: str, data: bytes = CHUNK, **strength: float) -> tuple[Outcome, ...]:
    rule = Rule(fault, 1.0, **strength)  # type: ignore[arg-type]  # ints and floats by name
    return FaultModel([rule], seed=1, connection=0).judge(Direction.UP, data).outcomes


def sent(outcomes: tuple[Outcome, ...]) -> bytes:
    return b"".join(outcome.data for outcome in outcomes if isinstance(outcome, Pass))


def differing_bits(one: bytes, other: bytes) -> int:
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("bits", [1, 2, 8])
def test_flip_changes_exactly_so_many_bits(bits: int) -> None:
    assert differing_bits(sent(struck("flip", count=bits)), CHUNK) == bits


def test_drop_insert_and_truncate_change_the_length() -> None:
    assert len(sent(struck("drop", count=3))) == len(CHUNK) - 3
    assert len(sent(struck("insert", count=4))) == len(CHUNK) + 4
    assert CHUNK.startswith(sent(struck("truncate"))) and len(sent(struck("truncate"))) < len(CHUNK)


def test_swap_changes_the_order_of_neighbours_only() -> None:
    swapped = sent(struck("swap", data=bytes(range(20))))
    assert sorted(swapped) == list(range(20)) and swapped != bytes(range(20))


def test_duplicate_sends_copies_later_and_echo_sends_back() -> None:
    assert struck("duplicate", count=2, seconds=0.5) == (Pass(CHUNK), Pass(CHUNK, 0.5), Pass(CHUNK, 1.0))
    assert struck("echo") == (Pass(CHUNK, is_echo=True), Pass(CHUNK))


def test_trickle_sends_a_byte_at_a_time() -> None:
    outcomes = struck("trickle", seconds=1.0)
    assert sent(outcomes) == CHUNK
    assert [o.after_s for o in outcomes if isinstance(o, Pass)] == list(range(len(CHUNK)))


def test_babble_adds_noise_in_front() -> None:
    assert sent(struck("babble", count=3)).endswith(CHUNK) and len(sent(struck("babble", count=3))) == 48 + len(CHUNK)


def test_reset_and_stop_end_or_stop_the_line() -> None:
    assert struck("reset") == (Reset(),)
    assert struck("stop", seconds=2.0) == (Pass(CHUNK), StopReading(2.0))


def test_what_is_held_comes_behind_the_next_chunk_of_its_direction() -> None:
    model = FaultModel([Rule("hold", 1.0, Direction.UP)], seed=1, connection=0)
    assert model.judge(Direction.UP, b"late").outcomes == ()
    assert sent(model.judge(Direction.DOWN, b"other way").outcomes) == b"other way"
    model._rules = ()  # the line is good again
    assert sent(model.judge(Direction.UP, b"next").outcomes) == b"nextlate"


def test_a_rule_concerns_its_direction_only() -> None:
    model = FaultModel([Rule("flip", 1.0, Direction.DOWN)], seed=1, connection=0)
    assert model.judge(Direction.UP, CHUNK) == Verdict((Pass(CHUNK),), ())


@given(chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=20), seed=st.integers(0, 2**32))
def test_the_same_seed_and_bytes_give_the_same_line(chunks: list[bytes], seed: int) -> None:
    rules = [Rule(fault, 0.3, count=2) for fault in FAULTS]
    lines = [FaultModel(rules, seed, 3) for _ in range(2)]
    judged = [[line.judge(Direction.UP, chunk) for chunk in chunks] for line in lines]
    assert judged[0] == judged[1]


def test_share_is_how_often_a_fault_comes_up() -> None:
    model = FaultModel([Rule("flip", 0.25)], seed=5, connection=0)
    struck_chunks = sum(bool(model.judge(Direction.UP, CHUNK).faults) for _ in range(4000))
    assert 900 <= struck_chunks <= 1100
    clean = FaultModel([Rule("flip", 0.0)], seed=5, connection=0)
    assert all(clean.judge(Direction.UP, CHUNK) == Verdict((Pass(CHUNK),), ()) for _ in range(100))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "a list of rules"),
        ("- {fault: flip}", "rule 1"),
        ("- {fault: flip, share: 0.1}\n- {fault: melt, share: 0.1}", "rule 2: no fault 'melt'"),
        ("- {fault: flip, share: 2}", "not in 0..1"),
        ("- {fault: flip, share: 0.1, direction: sideways}", "sideways"),
        ("- {fault: flip, share: 0.1, colour: red}", "rule 1"),
        ("- [", "not YAML"),
    ],
)
def test_a_wrong_script_is_refused_with_its_rule(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "script.yaml").write_text(text)
    with pytest.raises(ScriptError, match=words.replace("(", r"\(")):
        read_script(tmp_path / "script.yaml")


def test_a_missing_script_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="No such file"):
        read_script(tmp_path / "none.yaml")


def test_a_paced_wire_takes_its_time_for_each_character() -> None:
    (outcome,) = struck("pace", b"x" * 24, count=2400, seconds=0.02)
    assert outcome == Pass(b"x" * 24, 0.02 + 24 * 11 / 2400)
