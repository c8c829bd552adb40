"""The columns in memory say what the rows say, or that they do not know."""

from __future__ import annotations

from headend.domain.quality import ReadingQuality
from headend.stores.readings.newest import NewestColumns
from tests.fakes.batches import START_US, Row, batch

BAD = (ReadingQuality.SPIKE,)


def columns(*rows: Row) -> NewestColumns:
    newest = NewestColumns.empty()
    newest.apply(batch(*rows), len(rows))
    return newest


def previous(newest: NewestColumns, *rows: Row) -> list[int | str]:
    _, value, unsure = newest.previous(batch(*rows))
    return ["ask" if ask else v for v, ask in zip(value.tolist(), unsure.tolist(), strict=True)]


def test_newer_than_all_is_answered_and_between_is_asked() -> None:
    newest = columns(Row(0, 1), Row(5, 6))
    assert previous(newest, Row(6), Row(5), Row(3), Row(0), Row(-1), Row(6, meter=2)) == [6, "ask", "ask", 0, 0, 0]


def test_a_failed_reading_is_newest_and_not_billable() -> None:
    newest = columns(Row(0, 1), Row(5, 6, qualities=BAD))
    types, newest_at = newest.of_installation(1)
    assert (types.tolist(), newest_at.tolist()) == ([1], [START_US + 5 * 900_000_000])
    assert previous(newest, Row(6)) == [1]


def test_a_withdrawn_reading_makes_unsure_until_a_newer_one_comes() -> None:
    newest = columns(Row(0, 1), Row(5, 6))
    newest.apply(batch(Row(5, 6, qualities=BAD)), 3)
    assert previous(newest, Row(6)) == ["ask"]
    newest.apply(batch(Row(3, 4)), 4)
    assert previous(newest, Row(6)) == ["ask"]
    newest.apply(batch(Row(7, 8)), 5)
    assert previous(newest, Row(9)) == [8]


def test_withdrawn_and_confirmed_in_one_commit() -> None:
    newest = columns(Row(5, 6))
    newest.apply(batch(Row(5, 6, qualities=BAD), Row(5, 7)), 3)
    assert previous(newest, Row(6)) == [7]


def test_the_neighbours_of_an_installation_are_not_taken_for_it() -> None:
    newest = columns(Row(0, 1, meter=1), Row(0, 2, meter=2, type_id=(1 << 20) - 1), Row(0, 3, meter=3, type_id=0))
    assert [newest.of_installation(meter)[0].tolist() for meter in (1, 2, 3, 4)] == [[1], [(1 << 20) - 1], [0], []]


def test_a_copy_stays_as_it_is() -> None:
    newest = columns(Row(0, 1))
    copy = newest.copy()
    newest.apply(batch(Row(1, 2)), 2)
    assert (previous(copy, Row(9)), previous(newest, Row(9))) == ([1], [2])
    assert (copy.version, newest.version) == (1, 2)
