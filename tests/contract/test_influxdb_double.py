"""The contract double is as strict as the documents, and takes and refuses the lines that a real parser does."""

from __future__ import annotations

import http.client
import json
from itertools import count
from urllib.parse import urlsplit

import pytest

from tests.fakes.influxdb import ORG, TOKEN, DoubleInfluxDb
from tests.fakes.influxdb.flux import NotUnderstood, question
from tests.fakes.influxdb.line_protocol import Malformed, points
from tests.fakes.influxdb.points import MemoryPoints, PartialWrite

BUCKETS = count(1)
GOOD = [
    b"m v=1i 1",
    b"m,a=b v=1i 1",
    b'm,a=b v=1i,w="x" 1',
    b'm v="a b,c=d" 1',
    b'm v="quote \\" and \\\\ slash" 1',
    b"m,a=with\\ space v=-9223372036854775808i 1",
    b"m v=9223372036854775807i -1",
    b"m v=1i 1\nm v=2i 2",
]
BAD = [
    b"m v=9223372036854775808i 1",
    b"m v=1x 1",
    b"m v= 1",
    b"m 1",
    b"m,a v=1i 1",
    b"m,a= v=1i 1",
    b'm v="open 1',
    b"m,a=b,a=c v=1i 1",
    b"m v=1i 1 1",
    b"m v=1i x",
    b"m v=1i 9223372036854775807",
]


def post(double: DoubleInfluxDb, path: str, body: bytes, token: str = TOKEN) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(double.url).netloc, timeout=5)
    try:
        connection.request("POST", path, body, {"Authorization": f"Token {token}"})
        reply = connection.getresponse()
        return reply.status, reply.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("body", GOOD)
def test_good_lines_are_taken_by_the_double_and_by_a_real_server(engine: DoubleInfluxDb, body: bytes) -> None:
    assert points(body)
    engine.make_bucket(f"lines_{next(BUCKETS)}").write(body)


@pytest.mark.parametrize("body", BAD)
def test_bad_lines_are_refused_by_the_double_and_by_a_real_server(engine: DoubleInfluxDb, body: bytes) -> None:
    with pytest.raises(Malformed):
        points(body)
    bucket = engine.make_bucket(f"lines_{next(BUCKETS)}")
    with pytest.raises((Malformed, PartialWrite)):
        bucket.write_unseen(body)  # type: ignore[attr-defined]  # only the engine has it


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        (f"/api/v2/write?org={ORG}&bucket=known&precision=ns", TOKEN, 204),
        (f"/api/v2/write?org={ORG}&bucket=known&precision=ns", "wrong", 401),
        (f"/api/v2/write?org={ORG}&bucket=none&precision=ns", TOKEN, 404),
        ("/api/v2/write?org=other&bucket=known&precision=ns", TOKEN, 404),
        (f"/api/v2/write?org={ORG}&bucket=known&precision=ms", TOKEN, 400),
        (f"/api/v3/write?org={ORG}&bucket=known&precision=ns", TOKEN, 404),
    ],
)
def test_who_may_write_where(double: DoubleInfluxDb, path: str, token: str, status: int) -> None:
    double.make_bucket("known")
    assert post(double, path, b"m v=1i 1", token)[0] == status


def test_a_type_that_changes_is_a_partial_write(double: DoubleInfluxDb) -> None:
    double.make_bucket("typed")
    path = f"/api/v2/write?org={ORG}&bucket=typed&precision=ns"
    assert post(double, path, b"m v=1i 1")[0] == 204
    status, told = post(double, path, b"m v=1.5 2\nm v=2i 3")
    assert (status, json.loads(told)["code"]) == (422, "unprocessable entity")
    assert "field type conflict" in told and "dropped=1" in told


RANGE = "range(start: 2026-01-01T00:00:00.000000000Z, stop: 2026-01-02T00:00:00.000000000Z)"
TEXT = f'from(bucket: "b")\n  |> {RANGE}\n  |> filter(fn: (r) => r._measurement == "m")\n  |> keep(columns: ["_time"])'


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("keep", "drop"),
        TEXT.replace(RANGE, "range(start: -1d)"),
        TEXT.replace("2026-01-02", "2026-01-01"),
        TEXT.replace('"m"', '"m" or true'),
        TEXT + '\n  |> to(bucket: "b")',
        TEXT.replace('"b"', '"b\\""'),
    ],
)
def test_a_text_that_is_not_ours_is_not_answered(text: str) -> None:
    assert question(TEXT, {}).bucket == "b"
    with pytest.raises(NotUnderstood):
        question(text, {})


def test_without_nano_in_the_dialect_an_instant_loses_its_fraction() -> None:
    memory = MemoryPoints()
    memory.write(b"m v=1i 1767225600000000001")
    told = [memory.ask(question(TEXT, {"dateTimeFormat": form}))[0]["_time"] for form in ("RFC3339", "RFC3339Nano")]
    assert told == ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000000001Z"]
