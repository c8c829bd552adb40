"""Numbers, times and texts in bytes: exact, inverse, and never a guess."""

from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645.formats import (
    INVALID_BCD,
    NEVER,
    NOT_A_TIME,
    NOT_ASCII,
    NOT_PRESENT,
    Bits,
    Digits,
    Number,
    Stamp,
    Text,
    Value,
)
from protocols.errors import LocalProtocolError

ENERGY = Number(4, 2, "kWh")
SIGNED_ENERGY = Number(4, 2, "kWh", signed=True)
CURRENT = Number(3, 3, "A", signed=True)
NUMBERS = st.builds(Number, st.integers(1, 4), st.integers(0, 4), st.just("kWh"), st.booleans()).filter(
    lambda number: number.decimals <= 2 * number.size - 1
)


def decode(fmt: Number | Stamp | Text | Bits | Digits, written: str) -> Value:
    """The value of bytes given high byte first, as people write them."""
    return fmt.decode(bytes.fromhex(written)[::-1], "x", "00010000")


@given(NUMBERS, st.data())
def test_every_number_comes_back_exactly(number: Number, data: st.DataObject) -> None:
    top = 10 ** (2 * number.size) * (8 if number.signed else 10) // 10 - 1
    scaled = data.draw(st.integers(-top if number.signed else 0, top))
    quantity = Decimal(scaled).scaleb(-number.decimals)
    value = number.decode(number.encode(quantity), "x", "")
    assert (value.number, value.problem) == (quantity, None)
    assert value.text == str(quantity)


@given(NUMBERS, st.binary(min_size=4, max_size=4))
def test_every_valid_byte_string_comes_back(number: Number, raw: bytes) -> None:
    raw = raw[: number.size]
    value = number.decode(raw, "x", "")
    if value.number is not None and not (number.signed and value.number == 0):
        assert number.encode(value.number) == raw
    if value.problem == NOT_PRESENT:
        assert number.encode(None) == raw


@given(st.binary(min_size=4, max_size=4))
def test_a_nibble_above_nine_is_never_a_number(raw: bytes) -> None:
    value = ENERGY.decode(raw, "x", "")
    assert (value.number is None) == any(digit in "abcdef" for digit in raw.hex())


@pytest.mark.parametrize(
    ("fmt", "written", "text"),
    [
        (ENERGY, "12345678", "123456.78"),
        (ENERGY, "99999999", "999999.99"),
        (ENERGY, "80000000", "800000.00"),
        (ENERGY, "00000000", "0.00"),
        (SIGNED_ENERGY, "80000123", "-1.23"),
        (SIGNED_ENERGY, "00000123", "1.23"),
        (SIGNED_ENERGY, "80000000", "0.00"),
        (CURRENT, "804999", "-4.999"),
        (CURRENT, "799999", "799.999"),
        (Number(2, 1, "V"), "2256", "225.6"),
        (Number(2, 3, "", signed=True), "9000", "-1.000"),
        (Number(2, 0, "V"), "0000", "0"),
        (Number(4, 0, "min"), "00000042", "42"),
    ],
)
def test_known_numbers(fmt: Number, written: str, text: str) -> None:
    assert decode(fmt, written) == Value("x", "00010000", Decimal(text), text, fmt.unit)


@pytest.mark.parametrize(
    ("fmt", "written", "problem"),
    [
        (ENERGY, "FFFFFFFF", NOT_PRESENT),
        (SIGNED_ENERGY, "FFFFFFFF", NOT_PRESENT),
        (SIGNED_ENERGY, "FF000000", INVALID_BCD),
        (ENERGY, "000E0000", INVALID_BCD),
        (ENERGY, "001A3456", INVALID_BCD),
        (ENERGY, "00FFFFFF", INVALID_BCD),
        (Number(2, 1, "V"), "FFFF", NOT_PRESENT),
        (Digits(6), "FFFFFFFFFFFF", NOT_PRESENT),
        (Digits(6), "00000000000A", INVALID_BCD),
        (Bits(2), "FFFF", NOT_PRESENT),
        (Text(4), "FFFFFFFF", NOT_PRESENT),
        (Text(4), "41C28080", NOT_ASCII),
        (Text(4), "41000141", NOT_ASCII),
        (Stamp("YYMMDDhhmm"), "0000000000", NEVER),
        (Stamp("YYMMDDhhmm"), "FFFFFFFFFF", NOT_PRESENT),
        (Stamp("YYMMDDhhmm"), "26022A0000", INVALID_BCD),
        (Stamp("YYMMDDhhmm"), "2602290000", NOT_A_TIME),
        (Stamp("YYMMDDhhmm"), "2613010000", NOT_A_TIME),
        (Stamp("YYMMDDhhmm"), "2601012400", NOT_A_TIME),
        (Stamp("hhmmss"), "236000", NOT_A_TIME),
    ],
)
def test_what_is_no_value_is_none_and_says_why(
    fmt: Number | Stamp | Text | Bits | Digits, written: str, problem: str
) -> None:
    value = decode(fmt, written)
    assert (value.number, value.text, value.problem) == (None, "", problem)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.times())
def test_every_time_comes_back(day: date, clock: time) -> None:
    written = f"{day:%Y-%m-%d} {clock:%H:%M:%S}"
    for pattern in ("YYMMDDhhmmss", "YYMMDDWWhhmmss"):
        fmt = Stamp(pattern)
        assert fmt.decode(fmt.encode(written), "x", "").text == written
    for pattern, text in (("YYMMDDhhmm", written[:16]), ("MMDDhhmm", written[5:16]), ("YYMMDD", written[:10])):
        assert Stamp(pattern).decode(Stamp(pattern).encode(text), "x", "").text == text


def test_the_weekday_in_a_clock_is_computed_from_its_date() -> None:
    raw = Stamp("YYMMDDWWhhmmss").encode("2026-11-24 13:45:00")
    assert raw.hex() == "00451302241126"
    assert date(2026, 11, 24).isoweekday() == 2
    assert Stamp("YYMMDDWWhhmmss").encode("2026-11-22 00:00:00")[3] == 0


def test_midnight_is_a_time_and_no_time_is_none() -> None:
    assert decode(Stamp("hhmmss"), "000000").text == "00:00:00"
    assert Stamp("YYMMDDhhmm").encode("") == bytes(5)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=32))
def test_every_text_comes_back(text: str) -> None:
    raw = Text(32).encode(text)
    assert len(raw) == 32
    assert Text(32).decode(raw, "x", "").text == text


def test_text_lies_last_character_first() -> None:
    assert Text(6).decode(bytes.fromhex("000056303232"), "x", "").text == "220V"


@given(st.integers(0, 0xFFFE))
def test_every_word_of_bits_comes_back(word: int) -> None:
    value = Bits(2).decode(Bits(2).encode(word), "x", "")
    assert int(value.text, 16) == word
    assert Bits(2).encode(value.text) == Bits(2).encode(word)


@pytest.mark.parametrize(
    ("fmt", "quantity"),
    [
        (ENERGY, Decimal("1.234")),
        (ENERGY, Decimal("1000000.00")),
        (ENERGY, Decimal("-0.01")),
        (SIGNED_ENERGY, Decimal("800000.00")),
        (ENERGY, Decimal("NaN")),
        (ENERGY, Decimal("Infinity")),
        (ENERGY, "one"),
        (Digits(6), "12345"),
        (Digits(6), "00000000000A"),
        (Text(4), "12345"),
        (Text(4), "é"),
        (Text(4), " a"),
        (Bits(2), 0x10000),
        (Bits(2), "xy"),
        (Stamp("YYMMDDhhmm"), "2026-02-30 00:00"),
        (Stamp("YYMMDDhhmm"), "2026-02-20"),
    ],
)
def test_what_does_not_fit_is_not_encoded(
    fmt: Number | Stamp | Text | Bits | Digits, quantity: Decimal | int | str
) -> None:
    with pytest.raises(LocalProtocolError):
        fmt.encode(quantity)


@pytest.mark.parametrize("fmt", [ENERGY, Digits(6), Text(4), Bits(2), Stamp("YYMMDDhhmm")])
def test_none_is_sent_as_not_present(fmt: Number | Stamp | Text | Bits | Digits) -> None:
    assert fmt.encode(None) == b"\xff" * fmt.size
    assert fmt.decode(fmt.encode(None), "x", "").problem == NOT_PRESENT


@given(st.integers(1, 6), st.integers(0, 12), st.booleans(), st.data())
def test_a_number_reads_the_same_by_any_place_of_its_point(
    size: int, decimals: int, signed: bool, data: st.DataObject
) -> None:
    decimals = min(decimals, 2 * size)
    scaled = data.draw(st.integers(0, 10 ** (2 * size) * (8 if signed else 10) // 10 - 1))
    number = Number(size, decimals, "kWh", signed)
    value = number.decode(number.encode(Decimal(scaled).scaleb(-decimals)), "any", "")
    assert value.number == Decimal(scaled).scaleb(-decimals)
    assert value.text == f"{Decimal(scaled).scaleb(-decimals):f}"
