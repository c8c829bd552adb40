"""Frames as they really travel: read requests and replies of many items, refusals, addresses, with BCD inside."""

from random import Random

from protocols.dlt645 import (
    Frame,
    address_reply,
    error_reply,
    read,
    read_address,
    read_follow_up,
    read_load_record,
    read_reply,
)
from protocols.dlt645.load_records import CLASSES, encode_record

ENERGIES = ("00010000", "00020000", "00000001", "00150000", "00010300", "05060101", "05040105")
BLOCKS = ("0001FF00", "0002FF00", "050601FF")
VARIABLES = ("02010100", "02020200", "02030000", "0201FF00", "0203FF00", "02800002", "02060000", "01010000")


def typical_frame(chance: Random) -> Frame:
    """Any of the frames of a collection round."""
    make = chance.choice((_request, _request, _energy, _energy, _block, _variables, _record, _refusal, _address))
    return make(chance)


def some_address(chance: Random) -> str:
    return f"{chance.randrange(10**12):012d}"


def _bcd(chance: Random, size: int) -> bytes:
    return bytes.fromhex(f"{chance.randrange(10 ** (2 * size)):0{2 * size}d}")


def _request(chance: Random) -> Frame:
    address, di = some_address(chance), chance.choice(ENERGIES + BLOCKS + VARIABLES)
    return chance.choice(
        (
            read(address, di),
            read_follow_up(address, di, chance.randrange(1, 256)),
            read_address(),
            read_load_record(address, "06040000", chance.randrange(1, 9)),
        )
    )


def _energy(chance: Random) -> Frame:
    return read_reply(read(some_address(chance), chance.choice(ENERGIES)), _bcd(chance, 4))[0]


def _block(chance: Random) -> Frame:
    payload = _bcd(chance, 4 * chance.randrange(1, 14))
    return read_reply(read(some_address(chance), chance.choice(BLOCKS)), payload)[0]


def _variables(chance: Random) -> Frame:
    payload = chance.choice((_bcd(chance, 2), _bcd(chance, 3), _bcd(chance, 2) + b"\xff" * 4, _bcd(chance, 12)))
    return read_reply(read(some_address(chance), chance.choice(VARIABLES)), payload)[0]


def _record(chance: Random) -> Frame:
    classes = {number: [chance.randrange(8) for _ in members] for number, members in CLASSES.items()}
    stamp = f"2026-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d} {chance.randrange(24):02d}:15"
    return read_reply(read(some_address(chance), "06000002"), encode_record(stamp, classes))[0]


def _refusal(chance: Random) -> Frame:
    return error_reply(read(some_address(chance), "00010000"), chance.randrange(1, 128))


def _address(chance: Random) -> Frame:
    return address_reply(some_address(chance))
