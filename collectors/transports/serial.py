"""A serial port or pty, 300 to 115200 baud; DL/T 645 lines are 8E1. Owns no timing beyond character time."""

from __future__ import annotations

import asyncio
import os
import termios
from dataclasses import dataclass
from pathlib import Path

import serial_asyncio_fast

from collectors.transports.opened import OpenedPipe
from collectors.transports.pipe import ReceivingPipe
from headend.domain.errors import LineDown

BAUD_RATES = (300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
PSEUDO_TERMINALS = range(136, 144)  # major device numbers of Linux
PARITIES = {"N": "N", "E": "E", "O": "O"}


@dataclass(frozen=True, slots=True)
class SerialSettings:
    """Line settings; ValueError for a rate or parity that no meter speaks."""

    device: str
    baudrate: int = 2400
    parity: str = "E"
    stop_bits: int = 1

    def __post_init__(self) -> None:
        if self.baudrate not in BAUD_RATES:
            raise ValueError(f"baudrate {self.baudrate} is none of {', '.join(map(str, BAUD_RATES))}")
        if self.parity not in PARITIES:
            raise ValueError(f"parity {self.parity!r} is none of {', '.join(PARITIES)}")
        if self.stop_bits not in (1, 2):
            raise ValueError(f"{self.stop_bits} stop bits: only 1 or 2")

    @property
    def bits_per_character(self) -> int:
        """Start, eight data, parity if any, and stop bits."""
        return 1 + 8 + (self.parity != "N") + self.stop_bits

    def wire_time_s(self, size: int) -> float:
        """How long `size` bytes take on the wire."""
        return size * self.bits_per_character / self.baudrate


class SerialPipe(OpenedPipe):
    """BytePipe on a serial device whose rate can be changed while it is open."""

    def retune(self, baudrate: int) -> None:
        """Send and hear at this rate from now on; LineDown when the line is not open, or refuses."""
        try:
            self._opened().transport.get_extra_info("serial").baudrate = baudrate
        except (ValueError, OSError, termios.error) as error:
            raise LineDown(f"{self!r}: {baudrate} Bd: {error}") from error


def serial_pipe(settings: SerialSettings) -> SerialPipe:
    """A pipe on a serial device; nothing is opened yet."""

    async def connect() -> ReceivingPipe:
        loop = asyncio.get_running_loop()
        parity = "N" if _is_pseudo_terminal(settings.device) else settings.parity
        try:
            _, pipe = await serial_asyncio_fast.create_serial_connection(
                loop,
                ReceivingPipe,
                settings.device,
                baudrate=settings.baudrate,
                parity=parity,
                stopbits=settings.stop_bits,
                bytesize=8,
                exclusive=True,
            )
        except termios.error as error:  # the only error of the library that is no OSError
            raise OSError(*error.args) from error
        assert isinstance(pipe, ReceivingPipe)
        await pipe.connected()
        return pipe

    return SerialPipe(f"serial {settings.device} {settings.baudrate} 8{settings.parity}{settings.stop_bits}", connect)


def _is_pseudo_terminal(device: str) -> bool:
    """Linux refuses parity on a pseudo terminal, which has no wire to put it on."""
    return os.major(Path(device).stat().st_rdev) in PSEUDO_TERMINALS
