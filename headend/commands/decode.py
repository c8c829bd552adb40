"""`headend decode`: what frames mean, one JSON object a frame, thousands of lines in one process."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Annotated

import orjson
import typer

from headend.commands import output

EXAMPLES = """
Examples:

  headend decode 68010000000000681104333334 33B316

  headend decode --protocol dlt645 - < frames.hex

Exit code 1 when any frame is invalid.
"""


def decode(
    hex_text: Annotated[list[str], typer.Argument(help="hex of one line, or - for lines on stdin", metavar="HEX|-")],
    protocol: Annotated[str, typer.Option(help="auto, dlt645, dlt645-1997, gdw1376, dlt698, modbus-rtu")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="JSON is the only form; accepted everywhere")] = False,
) -> None:
    """Decode frames to JSON: address, identifier, exact values, and why a frame is not valid."""
    from headend import shipped
    from headend.decoding import decoder
    from headend.domain.errors import ConfigError

    try:
        describe = decoder(protocol, shipped.reading_types(shipped.config_root()))
    except ConfigError as error:
        output.fail(str(error), output.USAGE)
    all_valid = True
    for number, line in enumerate(_lines(hex_text), start=1):
        if not line.strip():
            continue
        for frame in describe(line):
            all_valid = all_valid and bool(frame["valid"])
            sys.stdout.buffer.write(orjson.dumps({"line": number, **frame}) + b"\n")
        sys.stdout.buffer.flush()
    raise typer.Exit(0 if all_valid else 1)


def _lines(hex_text: Sequence[str]) -> Iterable[str]:
    """Lines of stdin for -, else the words of the command line as one line."""
    if list(hex_text) == ["-"]:
        return (raw.decode("ascii", errors="replace") for raw in sys.stdin.buffer)
    return [" ".join(hex_text)]
