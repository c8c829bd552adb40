"""Short forms of the campaigns over damaged frames, with the receivers that must fail them."""

from random import Random

from protocols.dlt645 import Connection, FrameReceived, encode
from tests.campaigns import bit_flips, mutations
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
