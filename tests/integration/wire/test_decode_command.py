"""`headend decode` streams: one JSON object a frame, never a traceback, exit 1 when a frame is invalid."""

from __future__ import annotations

import json
import os
import subprocess

from tests.fakes.processes import HEADEND, run_headend

READ = "68 01 00 00 00 00 00 68 11 04 33 33 34 33 B3 16"
REPLY = "FEFEFEFE6801000000000068910833333433894567339F16"


def decoded(*lines: str, protocol: str = "auto") -> tuple[int, list[dict[str, object]]]:
    done = run_headend("decode", "--protocol", protocol, "-", stdin="\n".join(lines) + "\n")
    assert "Traceback" not in done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_a_request_and_a_reply_have_every_field_of_the_contract() -> None:
    code, frames = decoded(READ, "", REPLY)
    assert code == 0
    assert [frame["line"] for frame in frames] == [1, 3]
    assert set(frames[0]) >= {
        "line",
        "valid",
        "protocol",
        "address",
        "control",
        "function",
        "direction",
        "data_identifier",
        "reading_type",
        "value",
        "unit",
        "fields",
        "error",
        "problem",
    }
    reply = frames[1]
    assert (reply["address"], reply["control"], reply["data_identifier"]) == ("000000000001", "91", "00010000")
    assert (reply["reading_type"], reply["value"], reply["unit"]) == ("active_energy_import", "3412.56", "kWh")


def test_an_invalid_frame_says_why_and_exits_1() -> None:
    code, frames = decoded(READ.replace("B3", "B4"), READ)
    assert code == 1
    assert [frame["valid"] for frame in frames] == [False, True]
    assert "checksum" in str(frames[0]["problem"])


def test_random_bytes_are_never_a_traceback() -> None:
    lines = [os.urandom(n % 64).hex() for n in range(500)] + ["zz", "0x", "6", "\u68ff"]
    code, frames = decoded(*lines)
    assert code == 1
    assert all(frame["valid"] is False for frame in frames)


def test_it_answers_line_by_line_before_the_input_ends() -> None:
    with subprocess.Popen(
        [HEADEND, "decode", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(READ + "\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["valid"] is True
        process.stdin.close()
        assert process.wait(5) == 0


def test_thousands_of_lines_go_through_one_process() -> None:
    code, frames = decoded(*[REPLY] * 20_000)
    assert code == 0
    assert len(frames) == 20_000


def test_an_unknown_protocol_is_wrong_usage() -> None:
    assert run_headend("decode", "--protocol", "morse", READ).returncode == 2
