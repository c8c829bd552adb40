"""`headend discover`: who is on a line."""

from __future__ import annotations

from typing import Annotated

import typer

from headend.commands import output
from headend.domain.errors import FieldError, HeadEndError

EXAMPLES = """
Examples:

  headend discover tcp://10.0.0.5:8899

  headend discover 'serial:///dev/ttyUSB0?baudrate=2400' --timeout 1.0 --json

Asks by abbreviated address; where several meters answer at once, by ever longer endings of the address.
"""


def discover(
    line_url: Annotated[str, typer.Argument(help="tcp://host:port or serial:///dev/...", metavar="LINE_URL")],
    timeout: Annotated[float, typer.Option(help="seconds to listen after each question", min=0.02)] = 0.6,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """Find the addresses of the DL/T 645 meters on a line."""
    from headend.bootstrap.discovery import discover_line
    from headend.commands.event_loop import run

    try:
        with output.progress() as bar:
            task = bar.add_task("asking", total=1)
            found = run(
                discover_line(line_url, timeout, lambda done, known: bar.update(task, completed=done, total=known))
            )
    except FieldError as error:
        output.fail(f"{line_url}: {error}", output.NO_ANSWER)
    except HeadEndError as error:
        output.fail(str(error), output.USAGE)
    if as_json:
        rows = {"addresses": list(found.addresses), "unparted": list(found.unparted), "questions": found.questions}
        output.print_json(rows)
    else:
        for address in found.addresses:
            output.say(address)
        for suffix in found.unparted:
            output.say(f"several meters at the address {suffix}: change one")
    if not found.addresses:
        raise typer.Exit(output.NO_ANSWER)
