"""`headend capture`: every byte on a line, with its time and direction, into a file."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from headend.commands import output
from headend.domain.errors import CaptureFailed, FieldError, HeadEndError

EXAMPLES = """
Examples:

  headend capture tcp://10.0.0.5:8899 morning.jsonl --listen tcp://127.0.0.1:9000

  headend capture 'serial:///dev/ttyUSB0?baudrate=2400' morning.jsonl --listen pty:

  headend capture 'serial:///dev/ttyUSB1?baudrate=2400' tap.jsonl

With --listen it stands between a master and the line; without, it only listens, as a tap on RS-485 does.
`headend replay FILE` tells what was said. Exit codes: 0 stopped by Ctrl-C, 4 the line broke, 1 the file takes no more.
"""


def capture(
    line_url: Annotated[str, typer.Argument(help="tcp://host:port or serial:///dev/...", metavar="LINE_URL")],
    file: Annotated[Path, typer.Argument(help="a new file, JSON lines", metavar="FILE")],
    listen: Annotated[str, typer.Option(help="where the master connects: tcp://host:port or pty:", metavar="URL")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="the announcement as JSON")] = False,
) -> None:
    """Write down every byte on a line until Ctrl-C; prints one line when ready."""
    from headend.bootstrap.capture import Telling, capture_beside, capture_between, check_wire, new_capture
    from headend.commands.event_loop import run, run_until_stopped
    from simulators import SimulatorError

    def announce(address: str) -> None:
        if as_json:
            output.print_line({"listening": address, "line": str(url), "file": str(file)})
        else:
            output.say(f"listening on {address}, writing {file}")

    try:
        url = check_wire(line_url)
        writer = new_capture(file, str(url))
    except HeadEndError as error:
        output.fail(str(error), output.USAGE)
    telling = Telling(announce, output.warn)
    work: Coroutine[Any, Any, None] = (  # Any: nothing is yielded or sent
        capture_between(url, listen, writer, telling) if listen else capture_beside(url, writer, announce)
    )
    try:
        run(run_until_stopped(work))
    except FieldError as error:
        writer.abandon()
        output.fail(f"{url}: {error}; {writer.chunks} chunks were captured", output.NO_ANSWER)
    except (CaptureFailed, SimulatorError) as error:
        writer.abandon()
        output.fail(str(error))
    except HeadEndError as error:
        writer.abandon()
        output.fail(str(error), output.USAGE)
    writer.close()
    output.warn(f"{writer.chunks} chunks are in {file}")
