"""CSV of the server as columns: exact over the whole range, in any order, over blocks with other headers."""

from __future__ import annotations

import numpy as np
import pytest

from headend.domain.errors import StoreUnavailable
from headend.stores.readings.influxdb import answers

FIELDS = {"value": 2**63 - 1, "quality": 5, "source": 1, "received_at": 1_700_000_000_000_001, "frame": -1}
HEADER = ",result,table,_time,_value,_field,installation,type"


def lines(time: str, meter: int = 1, **changes: int) -> list[str]:
    return [f",_result,0,{time},{value},{field},{meter},1" for field, value in (FIELDS | changes).items()]


def answer(*rows: str) -> bytes:
    return "\r\n".join([HEADER, *rows, "", ""]).encode()


def test_fields_of_a_point_come_together_in_any_order() -> None:
    rows = [*lines("2026-01-01T00:00:00.000001002Z", value=-(2**63)), *lines("2026-01-01T00:00:00.000001Z")]
    found = answers.versions(answer(*rows[::-1]))
    assert found.value.tolist() == [2**63 - 1, -(2**63)]
    assert found.revision.tolist() == [0, 2]
    assert (found.measured_at % 1_000_000).tolist() == [1, 1]
    assert found.newest().listed()[4:8] == [[-(2**63)], [5], [1], [3]]


def test_instants_before_1970_keep_their_revision() -> None:
    found = answers.versions(answer(*lines("1969-12-31T23:59:59.999999007Z")))
    assert (found.measured_at.tolist(), found.revision.tolist()) == ([-1], [7])


def test_blocks_with_columns_in_another_order() -> None:
    other = ",result,table,type,installation,_field,_value,_time\r\n"
    other += "".join(f",_result,1,1,2,{f},{v},2026-01-01T00:00:00Z\r\n" for f, v in FIELDS.items())
    found = answers.versions(answer(*lines("2026-01-01T00:00:00Z")) + other.encode() + b"\r\n")
    assert found.installation.tolist() == [1, 2]


@pytest.mark.parametrize("nothing", [b"", b"\r\n", b"\r\n\r\n"])
def test_an_empty_answer_is_no_reading(nothing: bytes) -> None:
    assert len(answers.versions(nothing)) == len(answers.versions(nothing).newest()) == 0
    assert answers.frame(nothing) is None
    assert answers.newest_frame_id(nothing) == 0
    assert answers.heard(nothing) == {}
    assert [len(column) for column in answers.times(nothing)] == [0, 0, 0]


@pytest.mark.parametrize("number", ["1.0", "9223372036854775808", "1e3", "", "nan"])
def test_a_number_that_is_no_int64_is_not_guessed(number: str) -> None:
    rows = [line.replace(str(2**63 - 1), number) for line in lines("2026-01-01T00:00:00Z")]
    with pytest.raises(StoreUnavailable):
        answers.versions(answer(*rows))


def test_a_foreign_field_beside_ours_is_told() -> None:
    extra = ",_result,0,2026-01-01T00:00:00Z,1,temperature,1,1"
    with pytest.raises(StoreUnavailable, match="somebody else writes"):
        answers.versions(answer(*lines("2026-01-01T00:00:00Z"), extra))


def test_newest_of_many_keys() -> None:
    rows = [line for meter in (2, 1) for ns in (0, 1) for line in lines(f"2026-01-01T00:00:00.00000000{ns}Z", meter)]
    assert np.array_equal(answers.versions(answer(*rows)).newest().revision, [1, 1])
