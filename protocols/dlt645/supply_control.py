"""Function 1C, the frames that cut and connect a supply: bytes only.

Nothing that can reach a line may import this module: a test of the architecture sees to it. A switching path has to
bring its own interlocks, and the reply 9C proves acceptance, never an open relay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from protocols.dlt645 import functions
from protocols.dlt645.command_words import WORDS
from protocols.dlt645.commands import COMMANDS_2007
from protocols.dlt645.frame import Frame
from protocols.dlt645.writes import Access
from protocols.errors import LocalProtocolError

CIPHER_TEXT_SIZE: Final = 20
_CODES: Final[Mapping[str, int]] = {word.name: code for code, word in WORDS.items()}
_WITH_DURATION: Final = frozenset({0x1D, 0x1E})
_ENCRYPTED_ACCESS: Final = b"\x98\x00\x00\x00"


@dataclass(frozen=True, slots=True)
class SupplyCommand:
    """One of `command_words`, until when it counts by the meter's clock, and N2 for the pre-trips."""

    name: str
    deadline: datetime
    duration: int = 0

    def __post_init__(self) -> None:
        if self.name not in _CODES:
            raise LocalProtocolError(f"{self.name!r} is none of: {', '.join(_CODES)}")
        if not 0 <= self.duration <= 0xFF:
            raise LocalProtocolError(f"duration {self.duration} is not a byte")
        if (_CODES[self.name] in _WITH_DURATION) != bool(self.duration):
            raise LocalProtocolError("a pre-trip has a duration, every other command has none")


def switch_supply(address: str, command: SupplyCommand, access: Access) -> Frame:
    """The command with a password, in plain: N1 N2 and the deadline with the second first."""
    layout = COMMANDS_2007[functions.SWITCH_SUPPLY].request[0]
    quantities = {
        **access.quantities(),
        "control_command_name": command.name,
        "duration": f"{command.duration:02X}",
        "deadline": command.deadline.strftime("%Y-%m-%d %H:%M:%S"),
    }
    return Frame(address, functions.SWITCH_SUPPLY, layout.encode(quantities))


def plain_text(command: SupplyCommand) -> bytes:
    """What a security module encrypts: N1 N2 and the deadline with the year first, the other way round than above."""
    return bytes([_CODES[command.name], command.duration]) + bytes.fromhex(command.deadline.strftime("%y%m%d%H%M%S"))


def switch_supply_encrypted(address: str, cipher_text: bytes, operator_code: str) -> Frame:
    """The command as a security module encrypted it with its MAC, high byte first; level 98, no password."""
    if len(cipher_text) != CIPHER_TEXT_SIZE:
        raise LocalProtocolError(f"{len(cipher_text)} bytes of cipher text, {CIPHER_TEXT_SIZE} are due")
    try:
        operator = bytes.fromhex(operator_code)
    except ValueError as error:
        raise LocalProtocolError("the operator code is not hex") from error
    if len(operator) != 4:
        raise LocalProtocolError("the operator code does not have eight hex digits")
    return Frame(address, functions.SWITCH_SUPPLY, _ENCRYPTED_ACCESS + operator[::-1] + cipher_text[::-1])
