"""Frames that change something in a meter, built for the master, and the replies that accept them.

Pure encoding. Nothing here opens or closes a supply: function 1C is built in `supply_control` alone. Each builder puts
values into the layout of `commands`, so what is built is what is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from protocols.dlt645 import functions
from protocols.dlt645.commands import COMMANDS_2007
from protocols.dlt645.data_identifiers import encode_values
from protocols.dlt645.formats import Quantity
from protocols.dlt645.frame import BROADCAST_ADDRESS, WILDCARD_ADDRESS, Frame
from protocols.errors import LocalProtocolError

FREEZE_NOW: Final = "**-** **:**"
ALL_EVENTS: Final = "FFFFFFFF"

_WRITTEN_TIME: Final = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Password:
    """A level and its six digits. The digits stay out of every repr and so out of logs."""

    level: str
    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Access:
    """Who writes: a password, and the operator code that the meter keeps in its records."""

    password: Password
    operator_code: str = field(default="00000000", repr=False)

    def quantities(self) -> dict[str, Quantity]:
        return {
            "password_level": self.password.level,
            "password": self.password.digits,
            "operator_code": self.operator_code,
        }


def broadcast_time(clock: datetime) -> Frame:
    """Tell every meter on the line the time by the meters' own clock; none answers."""
    return _request(functions.BROADCAST_TIME, BROADCAST_ADDRESS, {"clock": clock.strftime(_WRITTEN_TIME)})


def write_data(address: str, di: str, values: Sequence[Quantity], access: Access) -> Frame:
    return _request(
        functions.WRITE, address, {"data_identifier": di, **access.quantities()}, rest=encode_values(di, values)
    )


def write_address(new_address: str) -> Frame:
    """Give the only meter on the line its address."""
    return _request(functions.WRITE_ADDRESS, WILDCARD_ADDRESS, {"new_address": new_address})


def freeze(address: str, moment: str = FREEZE_NOW) -> Frame:
    """Freeze now, or at each MM-DD hh:mm, where ** from the left means every."""
    return _request(functions.FREEZE, address, {"freeze_moment": moment})


def change_rate(address: str, baud_rate: int) -> Frame:
    return _request(functions.CHANGE_RATE, address, {"baud_rate": baud_rate})


def change_password(address: str, di: str, old: Password, new: Password) -> Frame:
    quantities = {
        "data_identifier": di,
        "old_level": old.level,
        "old_password": old.digits,
        "new_level": new.level,
        "new_password": new.digits,
    }
    return _request(functions.CHANGE_PASSWORD, address, quantities)


def clear_demand(address: str, access: Access) -> Frame:
    return _request(functions.CLEAR_DEMAND, address, access.quantities())


def clear_meter(address: str, access: Access) -> Frame:
    return _request(functions.CLEAR_METER, address, access.quantities())


def clear_events(address: str, access: Access, events: str = ALL_EVENTS) -> Frame:
    """Clear the records of one event, its identifier ending in FF, or of all."""
    if not events.endswith("FF"):
        raise LocalProtocolError(f"{events!r} names one record; events are cleared by an identifier that ends in FF")
    return _request(functions.CLEAR_EVENTS, address, {**access.quantities(), "cleared_events": events})


def set_output(address: str, output: str) -> Frame:
    return _request(functions.SET_OUTPUT, address, {"output": output})


def accepted(request: Frame, *, address: str | None = None) -> Frame:
    """The normal reply of a meter to a command of this file; `address` is its own where it was asked by another."""
    command = COMMANDS_2007.get(request.function)
    if command is None or not command.reply or request.function == functions.SWITCH_SUPPLY:
        raise LocalProtocolError(f"function {request.function:02X} has no reply that is built here")
    size = command.reply[0].size
    control = functions.FROM_METER | request.function
    return Frame(address or request.address, control, request.data[len(request.data) - size :])


def _request(function: int, address: str, quantities: Mapping[str, Quantity], rest: bytes = b"") -> Frame:
    return Frame(address, function, COMMANDS_2007[function].request[0].encode(quantities, rest))
