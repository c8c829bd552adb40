"""Short forms of the campaigns over damaged frames, with the receivers that must fail them."""

from random import Random

import pytest

from protocols.dlt645 import Connection, FrameReceived, encode
from protocols.dlt645.formats import Digits, Format, Number, Value
from tests.campaigns import bit_flips, mutations, two_way_splits, value_round_trips
from tests.campaigns.typical_frames import typical_frame


def test_no_flipped_bit_is_believed() -> None:
    verdict = bit_flips.run(seed=645, tried=100_000)
    assert (verdict["tried"], verdict["violations"], verdict["examples"]) == (100_000, 0, [])


def test_a_receiver_that_sums_nothing_believes_flipped_bits() -> None:
    verdict = bit_flips.run(seed=645, tried=5_000, receiver=bit_flips.is_delivered_unchecked)
    assert verdict["violations"] > 1_000
    assert len(verdict["examples"]) == 5


def test_frames_of_the_campaign_are_valid_before_the_flip() -> None:
    chance = Random(645)
    for _ in range(500):
        frame = typical_frame(chance)
        (event,) = Connection().receive(encode(frame))
        assert isinstance(event, FrameReceived)
        assert event.frame == frame


def test_damage_of_every_kind_raises_nothing_and_is_hardly_believed() -> None:
    verdict = mutations.run(seed=645, per_operator=1_000)
    assert (len(mutations.OPERATORS), verdict["violations"], verdict["examples"]) == (13, 0, [])
    assert verdict["tried"] == 13_000
    unseen_by_a_sum = verdict["accepted"].pop("swap")
    assert unseen_by_a_sum > 0  # a sum does not see two bytes change places: only reading twice does
    assert max(verdict["accepted"].values()) < 100
    assert verdict["accepted"]["bits_1"] == verdict["accepted"]["bytes_1"] == 0


def test_no_cut_changes_what_is_heard() -> None:
    verdict = two_way_splits.run(seed=645, tried=50)
    assert (verdict["tried"], verdict["violations"], verdict["examples"]) == (50, 0, [])


def test_a_receiver_that_forgets_hears_otherwise_at_nearly_every_cut() -> None:
    verdict = two_way_splits.run(seed=645, tried=5, receiver=two_way_splits.hear_each_alone)
    assert verdict["violations"] > 50


def test_every_data_type_comes_back() -> None:
    verdict = value_round_trips.run(seed=645, tried=200)
    assert (verdict["violations"], verdict["examples"]) == (0, [])
    assert len(value_round_trips.data_types()) > 50


class FloatNumber(Number):
    """A decoder by floating point that takes the top bit for a sign on a register without one."""

    def decode(self, raw: bytes, name: str, di: str) -> Value:
        signed = Number(self.size, self.decimals, self.unit, signed=True).decode(raw, name, di)
        return signed._replace(text=str(float(signed.text or 0)))


class ShortDigits(Digits):
    """A decoder that loses leading zeros."""

    def decode(self, raw: bytes, name: str, di: str) -> Value:
        value = super().decode(raw, name, di)
        return value._replace(text=value.text.lstrip("0"))


@pytest.mark.parametrize("wrong", [FloatNumber(4, 2, "kWh"), ShortDigits(1)])
def test_a_data_type_that_does_not_come_back_is_seen(wrong: Format) -> None:
    assert value_round_trips.run(seed=645, tried=200, types={"wrong": wrong})["violations"] > 5
