"""The cheapest bench in a tiny form prints what `docs/benches.md` describes. No time is asserted anywhere."""

from __future__ import annotations

import argparse
import json

import pytest

from tests.benches.__main__ import BENCHES, bench, chosen_by, main

KEYS = {"bench", "ours", "peer", "peer_name", "ratio", "unit", "seed"}


def test_a_bench_prints_one_line_of_json_a_comparison(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "codec_build", "--share", "0.002", "--repeats", "1", "--seed", "7"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 2
    for line in lines:
        assert line.keys() == KEYS
        assert (line["bench"], line["unit"], line["seed"]) == ("codec_build", "frames/s", 7)
        assert line["ratio"] == pytest.approx(line["ours"] / line["peer"], rel=0.01)


def test_every_bench_of_the_table_can_be_found() -> None:
    assert all(callable(bench(name)) for name in BENCHES)


def test_benches_are_chosen_by_a_part_of_their_names() -> None:
    assert {"codec_decode", "codec_build"} <= set(chosen_by("codec"))
    assert {"round_trips", "modbus_round_trips"} <= set(chosen_by("roundtrip"))
    assert chosen_by("round_trips") == ["round_trips"]
    assert chosen_by("dead-neighbours") == ["dead_neighbours"]
    with pytest.raises(argparse.ArgumentTypeError, match="there are codec_decode"):
        chosen_by("nothing")
