"""What a collector process runs: `python -m headend.commands.collector --fd N`. Started by the head-end alone.

It ends when its parent does, also when it is paused at that moment: on Linux the kernel kills it, elsewhere the end of
the socket tells. Signals for the whole group are the parent's to heed.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import socket
import sys
from zoneinfo import ZoneInfo

from collectors.shards.serving import Serving
from collectors.shards.wire import wire_of
from headend import shipped
from headend.bootstrap.field import build_field
from headend.bootstrap.shards import SPLIT
from headend.clock import SystemClock
from headend.commands.event_loop import run
from headend.observability import configure_logs

PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> int:
    """Serve until the parent is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="our end of the socket pair")
    parser.add_argument("--time-zone", type=ZoneInfo, required=True)
    arguments = parser.parse_args()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    _end_with(os.getppid())
    configure_logs()
    run(_serve(socket.socket(fileno=arguments.fd), arguments.time_zone))
    return 0


async def _serve(end: socket.socket, zone: ZoneInfo) -> None:
    clock = SystemClock()
    makers = build_field(shipped.config_root(), zone, clock).makers
    await Serving({scheme: makers[scheme] for scheme in SPLIT}, await wire_of(end), clock=clock).run()


def _end_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died in between; before that, its end of the socket is closed
        sys.exit("the head-end has gone")


if __name__ == "__main__":
    sys.exit(main())
