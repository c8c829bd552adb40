"""Single frames: what may be built, and that building and reading are inverse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645 import BROADCAST_ADDRESS, WILDCARD_ADDRESS, Frame, encode
from protocols.dlt645.frame import checksum
from protocols.errors import LocalProtocolError
from tests.unit.protocols.dlt645.line import frames_of

DIGITS = st.text("0123456789", min_size=12, max_size=12)
ADDRESSES = st.one_of(
    DIGITS, st.integers(0, 6).flatmap(lambda pairs: DIGITS.map(lambda d: "AA" * pairs + d[2 * pairs :]))
)
FRAMES = st.builds(Frame, ADDRESSES, st.integers(0x80, 0xFF), st.binary(max_size=200))


@given(FRAMES, st.integers(0, 8))
def test_every_frame_is_read_back(frame: Frame, preamble: int) -> None:
    raw = encode(frame, preamble=preamble)
    assert raw.startswith(b"\xfe" * preamble + b"\x68")
    assert frames_of(raw) == [frame]


def test_the_bytes_of_a_known_request() -> None:
    assert encode(Frame("111111111111", 0x11, bytes.fromhex("00000100"))).hex().upper() == (
        "FEFEFEFE68111111111111681104333334331816"
    )


def test_control_bits_say_what_kind_of_frame_it_is() -> None:
    frame = Frame("000000000001", 0xD1, b"\x02")
    assert (frame.is_reply, frame.is_error, frame.has_follow_up, frame.function) == (True, True, False, 0x11)
    more = Frame("000000000001", 0xB1)
    assert (more.is_reply, more.is_error, more.has_follow_up, more.function) == (True, False, True, 0x11)


@pytest.mark.parametrize("address", ["1", "00000000000G", "0" * 13, "0000000000AA", "A" + "0" * 11, "０" * 12, ""])
def test_an_address_that_no_meter_has_is_not_sent(address: str) -> None:
    with pytest.raises(LocalProtocolError, match="address"):
        encode(Frame(address, 0x11))


@pytest.mark.parametrize("address", [WILDCARD_ADDRESS, BROADCAST_ADDRESS, "AAAAAA123456"])
def test_wildcards_and_broadcast_are_addresses(address: str) -> None:
    assert frames_of(encode(Frame(address, 0x13))) == [Frame(address, 0x13)]


@pytest.mark.parametrize(("control", "size"), [(0x91, 201), (0x14, 51), (0x04, 51)])
def test_more_data_than_the_standard_allows_is_not_sent(control: int, size: int) -> None:
    encode(Frame("000000000001", control, bytes(size - 1)))
    with pytest.raises(LocalProtocolError, match="at most"):
        encode(Frame("000000000001", control, bytes(size)))


def test_a_control_code_is_one_byte() -> None:
    with pytest.raises(LocalProtocolError, match="control"):
        encode(Frame("000000000001", 0x111))


@given(st.binary(max_size=210))
def test_the_quick_sum_is_the_sum(covered: bytes) -> None:
    assert checksum(covered) == sum(covered) % 256
    assert checksum(b"\xff" * 210) == 255 * 210 % 256
