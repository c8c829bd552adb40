"""Silent meters are probed 1, 2, 4 ... cycles apart, told once, and forgiven at once."""

from __future__ import annotations

from collectors.quarantine import LONGEST_PAUSE, Quarantine


def cycles_until_due(quarantine: Quarantine, meter: int) -> int:
    cycles = 1
    while not quarantine.is_due(meter):
        cycles += 1
    return cycles


def test_the_first_silence_changes_nothing() -> None:
    quarantine = Quarantine()
    assert not quarantine.failed(7)
    assert quarantine.is_due(7)
    assert quarantine.silent == frozenset()


def test_loss_is_told_once() -> None:
    quarantine = Quarantine()
    assert [quarantine.failed(7) for _ in range(5)] == [False, True, False, False, False]
    assert quarantine.silent == {7}


def test_probes_come_further_and_further_apart() -> None:
    quarantine = Quarantine()
    quarantine.failed(7)
    pauses = []
    for _ in range(8):
        quarantine.failed(7)
        pauses.append(cycles_until_due(quarantine, 7) - 1)
    assert pauses == [1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]


def test_a_neighbour_is_always_due() -> None:
    quarantine = Quarantine()
    for _ in range(5):
        quarantine.failed(7)
    assert all(quarantine.is_due(8) for _ in range(10))


def test_an_answer_ends_it_and_is_told_once() -> None:
    quarantine = Quarantine()
    quarantine.failed(7)
    quarantine.failed(7)
    assert quarantine.answered(7)
    assert not quarantine.answered(7)
    assert quarantine.is_due(7)
