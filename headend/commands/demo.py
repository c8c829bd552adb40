"""`headend demo`: the whole main job on this machine, with nothing to set up."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from headend.commands import output
from headend.domain.errors import HeadEndError

EXAMPLES = """
Examples:

  headend demo

  headend demo --meters 1000 --once

  headend demo --meters 50 --port 8645
"""


def demo(
    meters: Annotated[int, typer.Option(help="how many simulated meters, over all three protocols", min=1)] = 200,
    port: Annotated[int, typer.Option(help="port of the console, 0 for any free one", min=0, max=65535)] = 8645,
    once: Annotated[
        bool, typer.Option("--once", help="read, validate, bill last month, print a summary, exit")
    ] = False,
    data: Annotated[Path | None, typer.Option(help="data directory, a new one without it", metavar="DIR")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """Show everything on simulated meters: DL/T 645, Modbus and MQTT, stores, console."""
    from headend.commands.event_loop import run, run_until_stopped
    from simulators import SimulatorError

    directory = data or Path(tempfile.mkdtemp(prefix="headend-demo-"))
    if data is not None and data.exists() and any(data.iterdir()):
        output.fail(f"{data} is not empty; the demo needs a directory of its own", output.USAGE)
    try:
        if once:
            _once(meters, directory, as_json=as_json)
        else:
            run(run_until_stopped(_console(meters, directory, port, as_json=as_json)))
    except* (HeadEndError, SimulatorError, OSError) as errors:
        output.fail(str(output.first_error(errors)))


def _once(meters: int, directory: Path, *, as_json: bool) -> None:
    from headend.bootstrap.demo import run_once
    from headend.commands.event_loop import run

    with output.progress() as bar:
        task = bar.add_task("reading meters", total=4 * meters)
        summary = run(run_once(meters, directory, lambda: bar.advance(task)))
        bar.update(task, completed=4 * meters)
    content = {name: str(v) if isinstance(v, Path) else v for name, v in dataclasses.asdict(summary).items()}
    if as_json:
        output.print_json(content)
    else:
        output.say(f"{summary.read} of {summary.meters} meters read, {summary.readings} readings kept")
        output.say(f"again: headend billing export {summary.batch} --site {summary.site}")
        output.print_table([{"what": name, "value": str(value)} for name, value in content.items()], ("what", "value"))
    if summary.read < summary.meters:
        raise typer.Exit(output.SOME)


async def _console(meters: int, directory: Path, port: int, *, as_json: bool) -> None:
    from headend.bootstrap.demo import run_console

    def on_ready(url: str, password: str) -> None:
        if as_json:
            output.print_line({"listening": url, "user": "admin", "password": password, "data": str(directory)})
            return
        output.say(f"{meters} simulated meters, data in {directory}")
        output.say(f"sign in as admin with the password {password}")
        output.say(f"console on {url}   (Ctrl-C ends)")

    await run_console(meters, directory, port, on_ready)
