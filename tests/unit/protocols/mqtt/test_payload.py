"""JSON payloads: numbers keep every digit, and no bytes whatever do more harm than a clear problem."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import RemoteProtocolError
from protocols.mqtt import parse, parse_text
from protocols.mqtt.payload import DEEPEST, LARGEST_PAYLOAD, MOST_DIGITS

# Tasmota documentation, MQTT and Power Monitoring: a SENSOR message of a plug with an energy monitor.
TASMOTA = (
    b'{"Time":"2020-01-02T03:04:05","ENERGY":{"TotalStartTime":"2018-11-14T08:00:00","Total":1.753,"Yesterday":0.308,'
    b'"Today":0.205,"Period":[0,1],"Power":5,"ApparentPower":18,"ReactivePower":17,"Factor":0.29,"Frequency":50,'
    b'"Voltage":228,"Current":0.08}}'
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("ENERGY.Total", "1.753"),
        ("ENERGY.Power", "5"),
        ("ENERGY.Factor", "0.29"),
        ("ENERGY.Current", "0.08"),
        ("ENERGY.Period.1", "1"),
    ],
)
def test_numbers_are_found_by_path(path: str, value: str) -> None:
    assert str(parse(TASMOTA).number(path).value) == value


@pytest.mark.parametrize("text", ["0.1", '"0.1"', "1E-1", "100000000000.123456789", '"-12.50"', "0.30000000000000004"])
def test_no_digit_passes_through_a_float(text: str) -> None:
    told = parse(b'{"a":%b}' % text.encode()).number("a")
    assert told.value == Decimal(text.strip('"'))


@pytest.mark.parametrize("path", ["b", "a.b", "ENERGY.Period.7", "ENERGY.Period.x", "ENERGY.Period.999999999", "n"])
def test_what_is_not_there_is_not_present(path: str) -> None:
    told = parse(b'{"a":1,"n":null,"ENERGY":{"Period":[1,2]}}').number(path)
    assert (told.value, told.is_present) == (None, False)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("true", "true or false"),
        ("{}", "an object"),
        ("[1]", "a list"),
        ('"abc"', "no number"),
        ('"NaN"', "NaN"),
        ('"Infinity"', "Infinity"),
        ('"1_000"', "no number"),
        ('"٣"', "no number"),
        ('""', "no number"),
        ("1e30", "range"),
        ("1e-30", "range"),
        ('"1e999999999"', "range"),
    ],
)
def test_what_is_no_number_says_so(text: str, problem: str) -> None:
    told = parse(b'{"a":%b}' % text.encode()).number("a")
    assert told.value is None and told.is_present
    assert problem in told.problem


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "UTF-8"),
        (b"[1]", "a list"),
        (b"12.5", "a number"),
        (b"nan", "not JSON"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":-Infinity}', "-Infinity"),
        (b'{"a":1,"a":2}', "twice"),
        (b'{"a":' + b"1" * 40 + b"}", "40 characters"),
        (b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1), "deeper"),
        (b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}", "deeper"),
        (b'{"a":' + b"9" * 65_000 + b"}", "65000 characters"),
        (b'{"a":1e' + b"9" * 65_000 + b"}", "characters"),
        (b"9" * LARGEST_PAYLOAD, "65536 characters"),
        (b"[" * LARGEST_PAYLOAD, "deeper"),
        (b'{"a":' * 13_000, "deeper"),
        (b'{"a":"' + b"x" * LARGEST_PAYLOAD + b'"}', "at most"),
    ],
)
def test_a_bad_payload_says_what_is_wrong(raw: bytes, problem: str) -> None:
    with pytest.raises(RemoteProtocolError, match=problem):
        parse(raw)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_no_bytes_do_more_than_that(raw: bytes) -> None:
    try:
        parse(raw).number("a")
    except RemoteProtocolError:
        return


def test_as_much_as_is_allowed_is_read() -> None:
    """The negative control of the caps."""
    deep = b'{"a":' * (DEEPEST - 2) + b"[1]" + b"}" * (DEEPEST - 2)
    assert parse(deep).content
    assert parse(b'{"a":0.%b}' % (b"1" * (MOST_DIGITS - 1))).number("a").value is not None
    assert parse(b'{"a":0.%b}' % (b"1" * (MOST_DIGITS + 1))).number("a").value is None
    assert parse(b'{"a":"%b"}' % (b"x" * (LARGEST_PAYLOAD - 8))).content
    assert parse(b'{"a":"%b"}' % (b"9" * 65_000)).number("a").value is None


@pytest.mark.parametrize(("raw", "text"), [(b"431.70", "431.70"), (b" 12\n", "12"), (b"-0.5", "-0.5")])
def test_a_bare_number_is_read_exactly(raw: bytes, text: str) -> None:
    assert parse_text(raw).value == Decimal(text)


@pytest.mark.parametrize("raw", [b"", b"inf", b"-Infinity", b"1_0", b"0x10", b"9" * LARGEST_PAYLOAD, b"1 2", b"\xff"])
def test_what_is_no_bare_number_says_so(raw: bytes) -> None:
    told = parse_text(raw)
    assert told.value is None and told.is_present and told.problem


@given(st.binary(max_size=100))
def test_no_bytes_make_a_bare_number_fail(raw: bytes) -> None:
    assert (parse_text(raw).value is None) == bool(parse_text(raw).problem)


def test_an_exponent_beyond_every_number_is_an_error_of_the_payload() -> None:
    """Found by fuzzing: such a text is JSON, and Decimal raises what is no error of ours."""
    with pytest.raises(RemoteProtocolError, match="beyond every number"):
        parse(b"66666e66666666666666666660")
