"""The rate of a real serial device follows while it is open."""

from __future__ import annotations

import asyncio
import os
import termios
import tty

import pytest

from collectors.transports.serial import SerialSettings, serial_pipe
from headend.domain.errors import LineDown


def test_the_device_speaks_at_the_new_rate() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)

    async def speeds() -> tuple[int, int]:
        pipe = serial_pipe(SerialSettings(os.ttyname(slave)))
        await pipe.open()
        before = termios.tcgetattr(slave)[4]
        pipe.retune(9600)
        after = termios.tcgetattr(slave)[4]
        await pipe.close()
        return before, after

    try:
        assert asyncio.run(speeds()) == (termios.B2400, termios.B9600)
    finally:
        os.close(master)
        os.close(slave)


def test_a_closed_device_has_no_rate() -> None:
    with pytest.raises(LineDown):
        serial_pipe(SerialSettings("/dev/null")).retune(9600)
