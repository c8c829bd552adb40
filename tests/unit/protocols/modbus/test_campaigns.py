"""The short form of P04 and what must fail it."""

from random import Random

import pytest

from protocols.modbus import Role, Rtu
from tests.campaigns import modbus_crc


def test_no_damage_that_a_crc_must_find_is_believed() -> None:
    verdict = modbus_crc.run(seed=645, tried=10_000)
    assert (verdict["tried"], verdict["violations"], verdict["examples"]) == (40_000, 0, [])


def test_a_receiver_without_crc_believes_much() -> None:
    verdict = modbus_crc.run(seed=645, tried=1_000, receiver=modbus_crc.without_crc)
    assert verdict["violations"] > 1_000


def test_the_frames_are_heard_before_they_are_damaged() -> None:
    chance, master = Random(645), modbus_crc.Master()
    for _ in range(300):
        request, reply = modbus_crc.exchange(chance)
        assert master(Rtu(Role.METER).encode(reply), request)


@pytest.mark.parametrize("damage", [*modbus_crc.NEVER_BELIEVED.values(), modbus_crc.three_bytes])
def test_damage_always_changes_the_frame(damage: modbus_crc.Damage) -> None:
    chance = Random(645)
    assert all(damage(whole, 72, chance) != whole for whole in range(2_000))


def test_bursts_are_of_all_lengths_up_to_sixteen_bits_of_the_wire() -> None:
    chance, spans = Random(645), set()
    for _ in range(3_000):
        sent = int.from_bytes(modbus_crc.burst(0, 72, chance).to_bytes(9, "big"), "little")
        spans.add(sent.bit_length() - (sent & -sent).bit_length() + 1)
    assert spans == set(range(2, 17))
