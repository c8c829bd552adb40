"""Two serial devices joined by a wire: what is written to one can be read from the other."""

from __future__ import annotations

import os
import pty
import select
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def pty_pair() -> Iterator[tuple[str, str]]:
    """Paths of two joined pseudo-terminals."""
    (near, near_end), (far, far_end) = pty.openpty(), pty.openpty()
    for end in (near_end, far_end):
        tty.setraw(end)
    stop_read, stop_write = os.pipe()

    def carry() -> None:
        while True:
            ready, _, _ = select.select([near, far, stop_read], [], [])
            if stop_read in ready:
                return
            for here, there in ((near, far), (far, near)):
                if here in ready:
                    os.write(there, os.read(here, 4096))

    wire = threading.Thread(target=carry, daemon=True)
    wire.start()
    try:
        yield os.ttyname(near_end), os.ttyname(far_end)
    finally:
        os.write(stop_write, b"x")
        wire.join(5)
        for descriptor in (near, near_end, far, far_end, stop_read, stop_write):
            os.close(descriptor)
