"""How commands speak: results on stdout, progress and errors on stderr, JSON for machines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

Cell = str | int | bool | None | Sequence[str] | Sequence[Mapping[str, str | None]]
Told = dict[str, Any]  # Any: JSON of our own API
Work = Callable[[], Sequence[Mapping[str, Cell]]]
USAGE, SOME, NO_ANSWER, REFUSED = 2, 3, 4, 5
screen = Console(width=None if sys.stdout.isatty() else 200)
errors = Console(stderr=True)


def print_json(content: object) -> None:
    """One JSON value on stdout."""
    sys.stdout.write(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode() + "\n")


def print_line(content: object) -> None:
    """One JSON value on one line of stdout, at once."""
    sys.stdout.write(orjson.dumps(content).decode() + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """One line for people on stdout, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def print_table(rows: Sequence[Mapping[str, Cell]], columns: Sequence[str]) -> None:
    """Rows as a table whose columns line up."""
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(_text(row.get(column)) for column in columns))
    screen.print(table)


def fail(problem: str, code: int = 1) -> NoReturn:
    """One clear line on stderr, and a non-zero exit."""
    sys.stderr.write(f"headend: {problem}\n")
    raise typer.Exit(code)


def warn(text: str) -> None:
    """One line for people on stderr, at once; the work goes on."""
    sys.stderr.write(f"headend: {text}\n")
    sys.stderr.flush()


def first_error(errors: BaseException) -> BaseException:
    """The first plain error of nested groups."""
    while isinstance(errors, BaseExceptionGroup):
        errors = errors.exceptions[0]
    return errors


def progress() -> Progress:
    """A progress bar on stderr; plain when nobody watches."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
        transient=False,
        disable=not errors.is_terminal,
    )


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str | int | bool):
        return str(cell)
    return ", ".join(part if isinstance(part, str) else f"{part['name']}={part['value']}" for part in cell)
