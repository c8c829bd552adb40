"""Codec: a reply to its number, an item to its request; against two packages and against a floor of bare Python.

The floor does what nobody can leave out: find the start, sum, take 33H off, make the number. It checks nothing else.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from decimal import Decimal
from random import Random

from dlt645.common.transform import bcd_to_float  # type: ignore[import-untyped]  # has no stubs
from dlt645.protocol.protocol import DLT645Protocol  # type: ignore[import-untyped]  # has no stubs

from protocols import dlt645
from protocols.dlt645.data_identifiers import decode, encode_values
from tests.benches import foreign, second_peer
from tests.benches.measured import OURS, Line, Size, in_turn, lines

FRAMES = 20_000
ENERGY, ENERGY_FORMAT = "00010000", "XXXXXX.XX"
BLOCK, BLOCK_SIZE = "0001FF00", 5
FLOOR = "bare Python floor"
ADD_33 = bytes((value + 0x33) & 0xFF for value in range(256))
TAKE_33 = bytes((value - 0x33) & 0xFF for value in range(256))


def decoding(size: Size) -> list[Line]:
    """A frame as received to the value of an energy register."""
    foreign.be_quiet()
    raws = _replies(size)
    with second_peer.decoder(raws) as second:
        rates = in_turn(
            size,
            {
                OURS: lambda: _decode(raws),
                foreign.NAME: lambda: _decode_foreign(raws),
                second_peer.NAME: second,
                FLOOR: lambda: _floor(raws),
            },
        )
    return lines("codec_decode", "frames/s", size.seed, rates)


def decoding_blocks(size: Size) -> list[Line]:
    """A frame as received to the five values of a block: total and four tariffs. Neither package knows blocks."""
    foreign.be_quiet()
    raws = _block_replies(size)
    rates = in_turn(
        size,
        {
            OURS: lambda: _decode_blocks(raws),
            foreign.NAME + ", frame only, no values": lambda: _deserialize_foreign(raws),
            FLOOR: lambda: _floor_blocks(raws),
        },
    )
    return lines("codec_decode_block", "frames/s", size.seed, rates)


def encoding_blocks(size: Size) -> list[Line]:
    """Five exact values to the reply on the wire, as a simulated meter does it."""
    chance = Random(size.seed)
    values = [[Decimal(chance.randrange(10**8)).scaleb(-2) for _ in range(BLOCK_SIZE)] for _ in range(size.of(FRAMES))]
    request = dlt645.read("000000000001", BLOCK)
    rates = in_turn(
        size, {OURS: lambda: _encode_blocks(request, values), FLOOR: lambda: _encode_blocks_bare(request, values)}
    )
    return lines("codec_encode_block", "frames/s", size.seed, rates)


def building(size: Size) -> list[Line]:
    """A meter's address and an identifier to the request on the wire."""
    foreign.be_quiet()
    chance = Random(size.seed)
    meters = [f"{chance.randrange(10**12):012d}" for _ in range(size.of(FRAMES))]
    rates = in_turn(
        size,
        {
            OURS: lambda: _build(meters),
            foreign.NAME: lambda: _build_foreign(meters),
            FLOOR: lambda: _build_bare(meters),
        },
    )
    return lines("codec_build", "frames/s", size.seed, rates)


def _replies(size: Size) -> list[bytes]:
    chance = Random(size.seed)
    requests = [dlt645.read(f"{chance.randrange(10**12):012d}", ENERGY) for _ in range(size.of(FRAMES))]
    payloads = [bytes.fromhex(f"{chance.randrange(10**8):08d}") for _ in requests]
    return [dlt645.encode(dlt645.read_reply(r, p)[0]) for r, p in zip(requests, payloads, strict=True)]


def _block_replies(size: Size) -> list[bytes]:
    chance = Random(size.seed)
    requests = [dlt645.read(f"{chance.randrange(10**12):012d}", BLOCK) for _ in range(size.of(FRAMES))]
    payloads = [bytes.fromhex(f"{chance.randrange(10 ** (8 * BLOCK_SIZE)):0{8 * BLOCK_SIZE}d}") for _ in requests]
    return [dlt645.encode(dlt645.read_reply(r, p)[0]) for r, p in zip(requests, payloads, strict=True)]


def _decode_blocks(raws: list[bytes]) -> int:
    connection, heard = dlt645.Connection(), 0
    for raw in raws:
        for event in connection.receive(raw):
            if isinstance(event, dlt645.FrameReceived):
                heard += len(decode(BLOCK, event.frame.data[4:])) == BLOCK_SIZE
    assert heard == len(raws)
    return heard


def _deserialize_foreign(raws: list[bytes]) -> int:
    return len([DLT645Protocol.deserialize(raw) for raw in raws])


def _floor_blocks(raws: list[bytes]) -> int:
    heard = []
    for raw in raws:
        start = raw.index(0x68)
        if sum(raw[start:-2]) & 0xFF == raw[-2]:
            plain = raw[start + 14 : -2].translate(TAKE_33)[::-1].hex()
            heard.append([int(plain[at : at + 8]) / 100 for at in range(0, len(plain), 8)])
    assert len(heard) == len(raws)
    return len(heard)


def _encode_blocks(request: dlt645.Frame, values: Sequence[Sequence[Decimal]]) -> int:
    return len([dlt645.encode(dlt645.read_reply(request, encode_values(BLOCK, members))[0]) for members in values])


def _encode_blocks_bare(request: dlt645.Frame, values: Sequence[Sequence[Decimal]]) -> int:
    head = b"\x68" + bytes.fromhex(request.address)[::-1] + b"\x68\x91" + bytes((4 + 4 * BLOCK_SIZE,))
    built = []
    for members in values:
        plain = request.data + b"".join(bytes.fromhex(f"{int(value * 100):08d}")[::-1] for value in members)
        body = head + plain.translate(ADD_33)
        built.append(b"\xfe\xfe\xfe\xfe" + body + bytes((sum(body) & 0xFF, 0x16)))
    return len(built)


def _decode(raws: list[bytes]) -> int:
    connection, heard = dlt645.Connection(), list[Decimal | int | None]()
    for raw in raws:
        for event in connection.receive(raw):
            if isinstance(event, dlt645.FrameReceived):
                heard.append(decode(ENERGY, event.frame.data[4:])[0].number)
    assert len(heard) == len(raws)
    return len(heard)


def _decode_foreign(raws: list[bytes]) -> int:
    heard = []
    for raw in raws:
        frame = DLT645Protocol.deserialize(raw)
        heard.append(bcd_to_float(frame.data[4:8], ENERGY_FORMAT, "little"))
    return len(heard)


def _floor(raws: list[bytes]) -> int:
    heard = []
    for raw in raws:
        start = raw.index(0x68)
        if sum(raw[start:-2]) & 0xFF == raw[-2]:
            heard.append(int(raw[start + 14 : -2].translate(TAKE_33)[::-1].hex()) / 100)
    assert len(heard) == len(raws)
    return len(heard)


def _build(meters: list[str]) -> int:
    return len([dlt645.encode(dlt645.read(meter, ENERGY)) for meter in meters])


def _build_foreign(meters: list[str]) -> int:
    wanted = struct.pack("<I", int(ENERGY, 16))
    return len([DLT645Protocol.build_frame(bytes.fromhex(meter)[::-1], 0x11, wanted) for meter in meters])


def _build_bare(meters: list[str]) -> int:
    wanted = bytes.fromhex(ENERGY)[::-1].translate(ADD_33)
    built = []
    for meter in meters:
        body = b"\x68" + bytes.fromhex(meter)[::-1] + b"\x68\x11\x04" + wanted
        built.append(b"\xfe\xfe\xfe\xfe" + body + bytes((sum(body) & 0xFF, 0x16)))
    return len(built)
