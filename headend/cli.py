"""The command line, a public contract: which commands there are. Each command lives in `headend.commands`."""

from __future__ import annotations

import typer

from headend.commands import decode, read, simulate

app = typer.Typer(
    name="headend",
    help="Metering head-end and load-management server.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(epilog=read.EXAMPLES)(read.read)
app.command(epilog=decode.EXAMPLES)(decode.decode)
app.command(epilog=simulate.EXAMPLES)(simulate.simulate)


@app.callback()
def callback() -> None:
    """Metering head-end and load-management server."""


def main() -> None:
    """Entry point of the console script."""
    app()
