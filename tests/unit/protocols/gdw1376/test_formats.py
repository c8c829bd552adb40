"""Numbers, amounts and times in bytes: exact, inverse, and never a guess."""

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import LocalProtocolError
from protocols.gdw1376.formats import INVALID_BCD, NOT_A_TIME, NOT_AVAILABLE, Amount, Bcd, Binary, Format, Timeout
from protocols.gdw1376.functions import formats_of_the_annex as annex
from protocols.gdw1376.texts import Ip, Mask, Octets, Stamp, Text

NUMBERS = [form for form in vars(annex).values() if isinstance(form, Bcd)]
STAMPS = [form for form in vars(annex).values() if isinstance(form, Stamp)]
SIZES = {
    "A1": 6,
    "A2": 2,
    "A3_ENERGY": 4,
    "A3_MONEY": 4,
    "A4": 1,
    "A5_PERCENT": 2,
    "A6": 2,
    "A7": 2,
    "A8": 2,
    "A9_KW": 3,
    "A10": 3,
    "A11_KWH": 4,
    "A12": 6,
    "A13_KWH": 4,
    "A14": 5,
    "A15": 5,
    "A16": 4,
    "A17": 4,
    "A18": 3,
    "A19": 2,
    "A20": 3,
    "A21": 2,
    "A22": 1,
    "A23": 3,
    "A24": 2,
    "A25": 3,
    "A26": 2,
    "A27": 4,
    "A28": 2,
}


def text(form: Format, raw: str) -> tuple[str, str | None]:
    value = form.decode(bytes.fromhex(raw), "x")
    return value.text, value.problem


@pytest.mark.parametrize(("name", "size"), SIZES.items())
def test_sizes_are_the_annexes(name: str, size: int) -> None:
    assert getattr(annex, name).size == size


@pytest.mark.parametrize(
    ("form", "raw", "written"),
    [
        (annex.A1, "3014 0914 B218".replace(" ", ""), "2018-12-14 09:14:30"),
        (annex.A2, "0086", "600"),
        (annex.A2, "2391", "-123"),
        (annex.A2, "0106", "6010000"),
        (annex.A2, "01E0", "0.001"),
        (annex.A3_ENERGY, "67452301", "1234567"),
        (annex.A3_ENERGY, "05000040", "5000"),
        (annex.A3_ENERGY, "05000010", "-5"),
        (annex.A3_MONEY, "67452301", "1234.567"),
        (annex.A3_MONEY, "05000050", "-5"),
        (annex.A4, "85", "-5"),
        (annex.A4, "79", "79"),
        (annex.A5_PERCENT, "8806", "68.8"),
        (annex.A5_PERCENT, "0090", "-100.0"),
        (annex.A6, "3412", "12.34"),
        (annex.A7, "7023", "237.0"),
        (annex.A9_KW, "420380", "-0.0342"),
        (annex.A9_KW, "000080", "0.0000"),
        (annex.A11_KWH, "78563412", "123456.78"),
        (annex.A14, "9078563412", "123456.7890"),
        (annex.A15, "1815220816", "2016-08-22 15:18"),
        (annex.A16, "13512321", "21 23:51:13"),
        (annex.A17, "30083105", "05-31 08:30"),
        (annex.A18, "300831", "31 08:30"),
        (annex.A19, "3008", "08:30"),
        (annex.A20, "290224", "2024-02-29"),
        (annex.A21, "0224", "2024-02"),
        (annex.A22, "15", "1.5"),
        (annex.A23, "563412", "12.3456"),
        (annex.A25, "000200", "0.200"),
        (annex.A25, "010080", "-0.001"),
        (annex.A26, "0010", "1.000"),
        (annex.A28, "5099", "99.50"),
    ],
)
def test_written_examples(form: Format, raw: str, written: str) -> None:
    value = form.decode(bytes.fromhex(raw), "x")
    if isinstance(value.number, Decimal):
        assert (value.number, value.problem) == (Decimal(written), None)
        assert "E" not in value.text
    else:
        assert (value.text, value.problem) == (written, None)


@given(st.sampled_from(NUMBERS), st.data())
def test_every_number_comes_back_exactly(form: Bcd, data: st.DataObject) -> None:
    top = 10 ** (2 * form.size) * (8 if form.signed else 10) // 10 - 1
    scaled = data.draw(st.integers(-top if form.signed else 0, top))
    quantity = Decimal(scaled).scaleb(-form.decimals)
    assert form.decode(form.encode(quantity), "x").number == quantity


@given(st.integers(0, 999), st.integers(-3, 4), st.booleans())
def test_every_power_comes_back_exactly(digits: int, exponent: int, negative: bool) -> None:
    quantity = Decimal(digits).scaleb(exponent) * (-1 if negative else 1)
    assert annex.A2.decode(annex.A2.encode(quantity), "x").number == quantity


@given(st.sampled_from([Amount("kWh"), Amount("CNY", 3)]), st.integers(0, 9_999_999), st.booleans(), st.booleans())
def test_every_amount_comes_back_exactly(form: Amount, digits: int, large: bool, negative: bool) -> None:
    quantity = Decimal(digits * (1000 if large else 1) * (-1 if negative else 1)).scaleb(-form.decimals)
    assert form.decode(form.encode(quantity), "x").number == quantity


@given(st.sampled_from([*STAMPS, annex.A1]), st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)))
def test_every_time_comes_back(form: Stamp, when: datetime) -> None:
    pattern = getattr(form, "pattern", "YYMMDDhhmmss")
    pieces = {"YY": "%Y", "MM": "%m", "DD": "%d", "hh": "%H", "mm": "%M", "ss": "%S"}
    order = [piece for piece in pieces if piece in pattern]
    told = when.strftime("".join(pieces[piece] for piece in order))
    value = form.decode(form.encode(told), "x")
    assert value.problem is None
    assert form.encode(value.text) == form.encode(told)


@given(st.binary(min_size=5, max_size=5))
def test_a_nibble_above_nine_is_never_a_number(raw: bytes) -> None:
    value = annex.A14.decode(raw, "x")
    assert (value.number is None) == any(digit in "abcdef" for digit in raw.hex())


@pytest.mark.parametrize("filler", [0xEE, 0xFF])
@pytest.mark.parametrize("name", [name for name in SIZES if name != "A12"])
def test_a_filled_field_is_not_available(name: str, filler: int) -> None:
    form = getattr(annex, name)
    value = form.decode(bytes([filler]) * form.size, "x")
    assert (value.number, value.text, value.problem) == (None, "", NOT_AVAILABLE)
    assert form.encode(None) == b"\xee" * form.size


@pytest.mark.parametrize(
    ("form", "raw", "problem"),
    [
        (annex.A9_KW, "EEEE00", INVALID_BCD),
        (annex.A7, "0A00", INVALID_BCD),
        (annex.A2, "0A00", INVALID_BCD),
        (annex.A3_ENERGY, "0000000F", INVALID_BCD),
        (annex.A20, "300224", NOT_A_TIME),
        (annex.A15, "6015220816", NOT_A_TIME),
        (annex.A1, "000000000018", NOT_A_TIME),
        (annex.A20, "0A0124", INVALID_BCD),
        (annex.A12, "0000000000A0", INVALID_BCD),
    ],
)
def test_half_filled_or_wrong_is_invalid(form: Format, raw: str, problem: str) -> None:
    assert text(form, raw) == ("", problem)


@pytest.mark.parametrize(
    ("form", "quantity"),
    [
        (annex.A7, "-1"),
        (annex.A7, "1000"),
        (annex.A7, "1.23"),
        (annex.A5_PERCENT, "800"),
        (annex.A2, "1234"),
        (annex.A2, "0.0001"),
        (annex.A2, "9990001"),
        (annex.A3_ENERGY, "10000001"),
        (annex.A3_ENERGY, "x"),
        (annex.A20, "2023-02-29"),
        (annex.A20, "24"),
        (annex.A1, "2024-01-01"),
        (annex.A12, "12"),
        (annex.U8, 256),
        (annex.U8, -1),
        (annex.U8, "0.5"),
        (annex.U8, None),
        (annex.U8, "x"),
        (Ip(), "1.2.3"),
        (Ip(), "1.2.3.256"),
        (Mask(1), "9"),
        (Mask(1), "x"),
        (Octets(2), "00"),
        (Octets(2), "zz"),
        (Text(2), "abc"),
        (Text(2), "\n"),
        (Timeout(), "128000"),
        (Timeout(), 5),
    ],
)
def test_what_does_not_fit_is_refused(form: Format, quantity: str | int | None) -> None:
    with pytest.raises(LocalProtocolError):
        form.encode(quantity)


@pytest.mark.parametrize(
    ("form", "raw", "written"),
    [
        (Ip(), "0A000102", "10.0.1.2"),
        (Mask(1), "85", "1 3 8"),
        (Mask(1), "00", "-"),
        (Octets(2), "0aff", "0AFF"),
        (Text(4), "636D0000", "cm"),
        (Timeout(), "3C", "600"),
        (Timeout(), "BC", "60000"),
        (annex.A12, "010000000020", "200000000001"),
        (Binary(1, "h", Decimal("0.5")), "03", "1.5"),
    ],
)
def test_texts_and_counts_come_back(form: Format, raw: str, written: str) -> None:
    assert text(form, raw) == (written, None)
    assert form.encode(written) == bytes.fromhex(raw)


def test_the_weekday_is_computed_and_ignored_when_read() -> None:
    raw = annex.A1.encode("2018-12-14 09:14:30")
    assert raw[4] == 5 << 5 | 0x12  # a Friday
    assert annex.A1.decode(raw[:4] + b"\x12" + raw[5:], "x").text == "2018-12-14 09:14:30"
