"""Commands both ways: what is built is what is read, published frames come out byte for byte, refusals have words."""

from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645 import Frame, encode, writes
from protocols.dlt645.command_words import EXECUTION, WORDS
from protocols.dlt645.commands import COMMANDS, COMMANDS_2007, read_command
from protocols.dlt645.describe import FrameDescription, describe_line
from protocols.dlt645.edition import Edition
from protocols.dlt645.layout import is_secret
from protocols.dlt645.supply_control import SupplyCommand, plain_text, switch_supply, switch_supply_encrypted
from protocols.dlt645.writes import FREEZE_NOW, Access, Password
from protocols.errors import LocalProtocolError

METER = "000000000161"
ACCESS = Access(Password("04", "112233"), "AABBCCDD")
NOON = datetime(2026, 11, 24, 12, 30, 15)
TRIP = SupplyCommand("trip", NOON)


def told(frame: Frame, edition: str = "auto") -> FrameDescription:
    (description,) = describe_line(encode(frame).hex(), edition)
    assert description.valid
    return description


def fields(frame: Frame, edition: str = "auto") -> dict[str, str | None]:
    return {field.name: field.value for field in told(frame, edition).fields}


BUILT: list[tuple[Frame, dict[str, str | None]]] = [
    (writes.broadcast_time(NOON), {"clock": "2026-11-24 12:30:15", "second": "15", "hour": "12", "year": "26"}),
    (writes.write_data(METER, "04000102", ["12:30:15"], ACCESS), {"password": "112233", "clock_time": "12:30:15"}),
    (writes.write_address("123456789012"), {"new_address": "123456789012"}),
    (writes.freeze(METER), {"freeze_moment": FREEZE_NOW, "freeze_kind": "now"}),
    (writes.freeze(METER, "**-** **:15"), {"freeze_moment": "**-** **:15", "freeze_kind": "hourly"}),
    (writes.freeze(METER, "**-** 00:00"), {"freeze_moment": "**-** 00:00", "freeze_kind": "daily"}),
    (writes.freeze(METER, "**-01 00:00"), {"freeze_moment": "**-01 00:00", "freeze_kind": "monthly"}),
    (writes.freeze(METER, "12-31 23:59"), {"freeze_moment": "12-31 23:59", "freeze_kind": "at one time"}),
    (writes.change_rate(METER, 2400), {"baud_word": "08", "baud_rate": "2400"}),
    (
        writes.change_password(METER, "04000C05", Password("04", "112233"), Password("04", "445566")),
        {"old_level": "04", "old_password": "112233", "new_level": "04", "new_password": "445566"},
    ),
    (writes.clear_demand(METER, ACCESS), {"password_level": "04", "password": "112233", "operator_code": "AABBCCDD"}),
    (writes.clear_meter(METER, ACCESS), {"password_level": "04", "operator_code": "AABBCCDD"}),
    (writes.clear_events(METER, ACCESS), {"operator_code": "AABBCCDD", "cleared_events": "FFFFFFFF"}),
    (writes.set_output(METER, "tariff switch"), {"output": "tariff switch"}),
    (
        switch_supply(METER, TRIP, ACCESS),
        {"control_command": "1A", "control_command_name": "trip", "effect": "cut", "deadline": "2026-11-24 12:30:15"},
    ),
]


@pytest.mark.parametrize(("frame", "expected"), BUILT, ids=[f"{frame.control:02X}" for frame, _ in BUILT])
def test_a_command_is_read_as_it_was_built(frame: Frame, expected: dict[str, str | None]) -> None:
    found = fields(frame)
    assert {name: found.get(name) for name in expected} == expected
    assert told(frame).problem is None


def test_every_function_is_built_by_one_of_them() -> None:
    assert {frame.function for frame, _ in BUILT} == set(COMMANDS_2007) - {0x03}


@pytest.mark.parametrize(
    ("built", "published"),
    [
        (writes.freeze(METER, "**-** 00:00").data, "00009999"),
        (writes.clear_demand(METER, ACCESS).data, "04332211DDCCBBAA"),
        (writes.change_rate(METER, 2400).data, "08"),
        (writes.write_address("131078563412").data, "123456781013"),
        (switch_supply(METER, TRIP, ACCESS).data, "04332211DDCCBBAA1A00153012241126"),
    ],
)
def test_the_bytes_are_the_known_ones(built: bytes, published: str) -> None:
    assert built.hex().upper() == published


def test_the_plain_text_of_an_encrypted_command_has_the_year_first() -> None:
    published = SupplyCommand("trip", datetime(2010, 7, 22, 18, 56, 17))
    assert plain_text(published).hex() == "1a00100722185617"
    cipher = bytes.fromhex("865BAA06CDEA44E07EC90AD8D750C27103C131EB")
    frame = switch_supply_encrypted("111111111111", cipher, "12345678")
    assert encode(frame).hex().upper() == (
        "FEFEFEFE68111111111111681C1CCB333333AB8967451E64F436A4F5830A0B3DFCB113771D0039DD8EB97D16"
    )


def test_an_encrypted_command_stays_encrypted() -> None:
    frame = switch_supply_encrypted(METER, bytes(range(20)), "12345678")
    assert fields(frame) == {
        "password_level": "98",
        "password": "000000",
        "operator_code": "12345678",
        "cipher_text": bytes(range(20)).hex().upper(),
    }
    under_99 = Frame(METER, 0x1C, b"\x99" + frame.data[1:])
    assert "secured_data" in fields(under_99)


def test_a_write_under_level_98_keeps_its_identifier_and_nothing_more() -> None:
    frame = Frame(METER, 0x14, bytes.fromhex("0101000498000000785634120102030405"))
    assert told(frame).data_identifier == "04000101"
    assert fields(frame)["cipher_text"] == "0504030201"
    assert "clock_date" not in fields(frame)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: SupplyCommand("explode", NOON), "none of"),
        (lambda: SupplyCommand("trip", NOON, 5), "duration"),
        (lambda: SupplyCommand("pre-trip, then close", NOON), "duration"),
        (lambda: SupplyCommand("pre-trip, then close", NOON, 300), "not a byte"),
        (lambda: switch_supply_encrypted(METER, bytes(19), "12345678"), "19 bytes"),
        (lambda: switch_supply_encrypted(METER, bytes(20), "1234567"), "not hex"),
        (lambda: switch_supply_encrypted(METER, bytes(20), "123456"), "eight"),
        (lambda: writes.change_rate(METER, 110), "none of"),
        (lambda: writes.freeze(METER, "**-** 24:00"), "not a moment"),
        (lambda: writes.freeze(METER, "01-** 00:00"), "not a moment"),
        (lambda: writes.set_output(METER, "fireworks"), "none of"),
        (lambda: writes.clear_events(METER, ACCESS, "03300001"), "ends in FF"),
        (lambda: writes.clear_demand(METER, Access(Password("4", "112233"))), "not hex"),
        (lambda: writes.clear_demand(METER, Access(Password("04", "1122"))), "3 bytes"),
        (lambda: writes.write_data(METER, "0400FFFF", [1], ACCESS), "not in the table"),
        (lambda: writes.accepted(writes.broadcast_time(NOON)), "no reply"),
        (lambda: writes.accepted(switch_supply(METER, TRIP, ACCESS)), "no reply"),
        (lambda: COMMANDS_2007[0x19].request[0].encode({"password": "112233"}), "wants"),
        (lambda: COMMANDS_2007[0x19].request[0].encode({"colour": "red"}), "no such"),
        (lambda: COMMANDS_2007[0x15].request[0].encode({"new_address": METER}, b"\x00"), "nothing may follow"),
    ],
)
def test_what_no_meter_understands_is_not_built(build: Callable[[], object], words: str) -> None:
    with pytest.raises(LocalProtocolError, match=words):
        build()


def test_a_password_is_in_no_repr() -> None:
    assert "112233" not in repr(ACCESS)
    assert "AABBCCDD" not in repr(ACCESS)
    assert all(is_secret(name) for name in ("password", "old_password", "operator_code", "cipher_text"))


@pytest.mark.parametrize(
    ("request_frame", "reply"),
    [
        (writes.write_address(METER), "95"),
        (writes.change_rate(METER, 9600), "9720"),
        (writes.set_output(METER, "demand period"), "9D01"),
        (writes.change_password(METER, "04000C05", Password("04", "112233"), Password("04", "445566")), "9804665544"),
        (writes.clear_meter(METER, ACCESS), "9A"),
    ],
)
def test_a_meter_accepts_with_the_reply_of_the_function(request_frame: Frame, reply: str) -> None:
    frame = writes.accepted(request_frame, address=METER)
    assert f"{frame.control:02X}{frame.data.hex()}" == reply
    assert (frame.address, told(frame).problem, told(frame).direction) == (METER, None, "response")


@pytest.mark.parametrize(
    ("control", "data", "reasons"),
    [
        (0xD4, "04", ("password wrong or not authorised",)),
        (0xDC, "03", ("other error", "no requested data")),
        (0xDC, "2100", ("meter suspended", "trip refused: power is kept")),
        (0xDC, "0001", ("pre-trip refused: already tripped",)),
        (0xDC, "0002", ("bit 9",)),
        (0xC3, "0400", ("ESAM check failed",)),
        (0xC1, "01", ("illegal data",)),
        (0xD1, "01", ("other error",)),
        (0xD4, "0100", ()),
    ],
)
def test_a_refusal_speaks_the_words_of_its_function(control: int, data: str, reasons: tuple[str, ...]) -> None:
    error = told(Frame(METER, control, bytes.fromhex(data))).error
    assert error is not None
    assert error.reasons == reasons


def test_an_acceptance_may_carry_an_execution_word() -> None:
    assert fields(Frame(METER, 0x9C)) == {}
    assert fields(Frame(METER, 0x9C, b"\x08\x00")) == {"execution_word": "0008"}
    assert EXECUTION[3] == "trip delayed by the delay time"


def test_all_command_words_have_names() -> None:
    assert len(WORDS) == len({word.name for word in WORDS.values()}) == 9


@pytest.mark.parametrize(
    ("control", "data", "expected"),
    [
        (0x0A, "123456781013", {"new_address": "131078563412"}),
        (0x0C, "08", {"baud_word": "08"}),
        (0x10, "01332211", {"password_level": "01", "password": "112233"}),
        (0x10, "", {}),
        (0x04, "11C00000000015301 2".replace(" ", ""), {"password": "000000", "clock_time": "12:30:15"}),
        (0x0F, "0133221102332211", {"old_level": "01", "new_level": "02", "new_password": "112233"}),
    ],
)
def test_commands_of_1997(control: int, data: str, expected: dict[str, str]) -> None:
    found = fields(Frame(METER, control, bytes.fromhex(data)))
    assert {name: found.get(name) for name in expected} == expected
    assert (found == {}) == (expected == {})


def test_data_that_does_not_fit_a_command_is_told() -> None:
    description = told(Frame(METER, 0x19, bytes(7)))
    assert (description.fields, description.problem) == ((), "7 bytes of data do not fit this function, expected 8")
    assert told(Frame(METER, 0x17, b"\xd5")).problem == "baud_rate: D5 is not one rate"
    assert told(Frame(METER, 0x1C, b"\x98")).problem == "1 bytes of data do not fit this function"
    assert told(Frame(METER, 0x16, bytes(4))).problem is not None
    assert told(Frame(METER, 0x88, bytes(6))).problem == "6 bytes of data do not fit this function, expected none"


def test_security_frames_are_opaque() -> None:
    request = Frame(METER, 0x03, bytes.fromhex("01000007785634120A0B0C"))
    assert (told(request).data_identifier, fields(request)) == (
        "07000001",
        {"operator_code": "12345678", "security_data": "0C0B0A"},
    )
    assert fields(Frame(METER, 0x83, bytes.fromhex("010000070A0B"))) == {"security_data": "0B0A"}


@given(st.sampled_from(list(COMMANDS)), st.integers(0, 31), st.booleans(), st.binary(max_size=60))
def test_any_data_is_read_or_told(edition: Edition, function: int, is_reply: bool, data: bytes) -> None:
    found = read_command(Frame(METER, function | 0x80 * is_reply, data), edition)
    assert (found is None) == (function not in COMMANDS[edition])
    assert found is None or found.problem or len(data) == 0 or found.values or found.data_identifier
