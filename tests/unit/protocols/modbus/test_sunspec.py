"""Walking a SunSpec chain: the meter is found wherever it stands, and a broken chain says where it breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from protocols.modbus.reads import ReadRequest, Refused, Registers
from protocols.modbus.registers import text
from protocols.modbus.sunspec import MARK, BrokenChain, Found, NoSuchModel, NotSunSpec, SunSpecError, walk

METERS = (201, 203, 213)


def chain(base: int, *models: tuple[int, int], end: Sequence[int] = (0xFFFF, 0)) -> dict[int, int]:
    """The words of a device with models of these lengths."""
    words = list(MARK)
    for model, length in models:
        words += [model, length, *[0] * length]
    return dict(enumerate([*words, *end], base))


def found_in(device: Mapping[int, int], asked: list[ReadRequest] | None = None) -> Found:
    steps = walk(METERS)
    try:
        request = next(steps)
        while True:
            if asked is not None:
                asked.append(request)
            span = range(request.address, request.address + request.count)
            is_there = all(address in device for address in span)
            request = steps.send(Registers(tuple(device[a] for a in span)) if is_there else Refused(2))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # the generator's own return


@pytest.mark.parametrize("base", [40000, 50000, 0])
def test_the_meter_is_found_at_each_base(base: int) -> None:
    device = chain(base, (1, 66), (64901, 4), (203, 105))
    assert found_in(device) == Found(203, base + 76, 105, base + 2)


def test_a_device_with_several_common_models_tells_the_one_before_the_meter() -> None:
    device = chain(40000, (1, 65), (103, 50), (1, 65), (203, 105))
    assert found_in(device) == Found(203, 40188, 105, 40121)


def test_a_meter_without_a_common_model_is_found() -> None:
    assert found_in(chain(0, (213, 124))) == Found(213, 2, 124, None)


def test_words_that_are_no_mark_are_not_believed() -> None:
    device = {**dict.fromkeys(range(40000, 40200), 0x5375), **chain(50000, (201, 105))}
    assert found_in(device).address == 50002


@pytest.mark.parametrize(
    ("device", "error", "words"),
    [
        ({}, NotSunSpec, "no SunSpec mark at 40000, 50000, 0"),
        (chain(40000, (1, 66), (103, 50)), NoSuchModel, "models 1, 103, none of 201, 203, 213"),
        (chain(40000), NoSuchModel, "has no model"),
        (chain(40000, (1, 66), end=()), BrokenChain, "breaks off at 40070, after models 1"),
        (chain(40000, (1, 66), end=(103, 0)), BrokenChain, "model 103 at 40070 cannot have 0 registers"),
        (chain(40000, end=(103, 60000)), BrokenChain, "cannot have 60000 registers"),
        (chain(0, *[(64901, 1)] * 100), BrokenChain, "no end after 64 models"),
    ],
)
def test_a_chain_without_the_meter_says_why(device: Mapping[int, int], error: type[SunSpecError], words: str) -> None:
    with pytest.raises(error, match=words):
        found_in(device)


def test_the_walk_is_bounded() -> None:
    asked: list[ReadRequest] = []
    with pytest.raises(BrokenChain):
        found_in(chain(0, *[(64901, 1)] * 1000), asked)
    assert len(asked) == 2 + 1 + 64


@pytest.mark.parametrize(("raw", "shown"), [(b"Abc\0", "Abc"), (b" A  ", "A"), (b"A\xff", "A?"), (b"\0\0AB", "")])
def test_texts_are_told_without_what_fills_them(raw: bytes, shown: str) -> None:
    assert text(raw) == shown
