"""`headend faultproxy`: a bad line on purpose, between any head-end and any meters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from headend.commands import output

EXAMPLES = """
Examples:

  headend faultproxy --listen tcp://127.0.0.1:9000 --to tcp://127.0.0.1:8899 --script bad-line.yaml --seed 7

A script is a YAML list, for example

  - {fault: flip, share: 0.01, direction: up, count: 2}

  - {fault: delay, share: 0.05, seconds: 3}

Faults: flip, drop, insert, duplicate, truncate, delay, hold, swap, echo, babble, trickle, pace, reset, stop.
"""


def faultproxy(
    listen: Annotated[str, typer.Option(help="where the head-end connects", metavar="URL")],
    to: Annotated[str, typer.Option(help="where the meters are", metavar="URL")],
    script: Annotated[Path, typer.Option(help="YAML list of faults", metavar="FILE")],
    seed: Annotated[int, typer.Option(help="the same seed and bytes give the same faults")] = 0,
    log: Annotated[Path | None, typer.Option(help="JSON lines of every fault done", metavar="FILE")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="the announcement as JSON")] = False,
) -> None:
    """Proxy a TCP line and damage it by a script until Ctrl-C; prints one line when ready."""
    from headend.commands.event_loop import run, run_until_stopped
    from simulators import SimulatorError
    from simulators.faultproxy import run_fault_proxy
    from simulators.faultproxy.script import read_script
    from simulators.listen_url import parse_listen_url

    def announce(address: str) -> None:
        if as_json:
            output.print_line({"listening": address, "to": to, "seed": seed})
        else:
            output.say(f"listening on {address}")

    try:
        ends, rules = (parse_listen_url(listen), parse_listen_url(to)), read_script(script)
        stream = log.open("a", encoding="utf-8") if log else None
        run(run_until_stopped(run_fault_proxy(*ends, rules, seed=seed, log=stream, announce=announce)))
    except SimulatorError as error:
        output.fail(str(error))
