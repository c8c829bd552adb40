"""The command line, a public contract: which commands there are. Each command lives in `headend.commands`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from headend import __version__
from headend.commands import (
    billing,
    capture,
    decode,
    demo,
    discover,
    faultproxy,
    gaps,
    init,
    kpi,
    meters,
    plans,
    read,
    readings,
    replay,
    routes,
    serve,
    simulate,
    states,
    topology,
    ways,
)
from headend.domain.errors import HeadEndError
from headend.observability import configure_logs

app = typer.Typer(
    name="headend",
    help="Metering head-end and load-management server.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(epilog=demo.EXAMPLES)(demo.demo)
app.command(epilog=init.INIT_EXAMPLES)(init.init)
app.command("check-config")(init.check_config)
app.command()(init.migrate)
app.command(epilog=serve.EXAMPLES)(serve.serve)
app.add_typer(meters.app, name="meters")
app.add_typer(topology.app, name="topology")
app.add_typer(kpi.app, name="kpi")
app.add_typer(plans.app, name="plans")
app.add_typer(routes.app, name="routes")
app.add_typer(gaps.app, name="gaps")
app.add_typer(readings.app, name="readings")
app.add_typer(ways.app, name="ways")
app.add_typer(states.states_app, name="states")
app.add_typer(states.drafts_app, name="drafts")
app.add_typer(billing.app, name="billing")
app.command(epilog=read.EXAMPLES)(read.read)
app.command(epilog=decode.EXAMPLES)(decode.decode)
app.command(epilog=discover.EXAMPLES)(discover.discover)
app.command(epilog=simulate.EXAMPLES)(simulate.simulate)
app.command(epilog=faultproxy.EXAMPLES)(faultproxy.faultproxy)
app.command(epilog=capture.EXAMPLES)(capture.capture)
app.command(epilog=replay.EXAMPLES)(replay.replay)


def _version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"headend {__version__}")
        raise typer.Exit


@app.callback()
def callback(
    version: Annotated[
        bool, typer.Option("--version", help="show the version and exit", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Metering head-end and load-management server."""
    configure_logs()


def main() -> None:
    """Entry point of the console script: whatever the machine refuses is one clear line, never a traceback."""
    try:
        app()
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, HeadEndError) as error:
        sys.exit(f"headend: {error}")
