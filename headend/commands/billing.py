"""`headend billing`: close a period into an immutable batch, list batches, export one."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from headend.commands import output, running_server
from headend.commands.site import DEFAULT_SITE, OpenSite, SiteOption, open_site
from headend.domain.billing import BillingBatch
from headend.domain.errors import HeadEndError
from headend.domain.instants import iso

if TYPE_CHECKING:
    from headend.bootstrap.head_end import HeadEnd

CLOSE_EXAMPLES = """
Examples:

  headend billing close 2026-10
"""
EXPORT_EXAMPLES = """
Examples:

  headend billing export 1 --format csv > october.csv

  headend billing export 1 --format csv --output october.csv

The same batch gives the same bytes every time; a batch that no longer matches its hash is not exported.
"""
COLUMNS = ("id", "period", "lines", "refused", "closed_at", "sha256")
app = typer.Typer(help="Billing periods and batches.", no_args_is_help=True)
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on stdout")]
Result = TypeVar("Result")


@app.command("close", epilog=CLOSE_EXAMPLES)
def close(
    period: Annotated[str, typer.Argument(help="a month of the site, YYYY-MM", metavar="PERIOD")],
    site: SiteOption = DEFAULT_SITE,
    as_json: JsonOption = False,
) -> None:
    """Close a billing period: freeze an immutable batch, with what was refused and why."""

    async def here(head_end: HeadEnd) -> dict[str, output.Cell]:
        return batch_row(await head_end.close_billing.close(period))

    try:
        opened = open_site(site)
        server = running_server.find(opened.directory)
        if server is None:
            row = _here(opened, here)
        else:
            body = f'{{"period":"{period}"}}'.encode() if period.isprintable() and '"' not in period else b"{}"
            row = _row_of_json(server.ask("POST", "/api/v1/billing-batches", body).json())
    except HeadEndError as error:
        output.fail(str(error))
    output.print_json(row) if as_json else output.print_table([row], COLUMNS)


@app.command("list")
def list_(site: SiteOption = DEFAULT_SITE, as_json: JsonOption = False) -> None:
    """List closed batches, newest first."""

    async def here(head_end: HeadEnd) -> list[dict[str, output.Cell]]:
        return [batch_row(batch) for batch in await head_end.stores.ledger.batches()]

    try:
        opened = open_site(site)
        server = running_server.find(opened.directory)
        if server is None:
            rows = _here(opened, here)
        else:
            answer = server.ask("GET", "/api/v1/billing-batches").json()
            assert isinstance(answer, list)
            rows = [_row_of_json(entry) for entry in answer]
    except HeadEndError as error:
        output.fail(str(error))
    output.print_json(rows) if as_json else output.print_table(rows, COLUMNS)


@app.command("export", epilog=EXPORT_EXAMPLES)
def export(
    batch: Annotated[int, typer.Argument(help="number of the batch", metavar="BATCH", min=1)],
    file_format: Annotated[str, typer.Option("--format", help="csv")] = "csv",
    to: Annotated[Path | None, typer.Option("--output", help="file to write; stdout without it")] = None,
    site: SiteOption = DEFAULT_SITE,
    as_json: Annotated[bool, typer.Option("--json", help="with --output: what was written, as JSON")] = False,
) -> None:
    """Export a batch; the same bytes every time."""

    async def here(head_end: HeadEnd) -> bytes:
        return (await head_end.export_billing.export(batch, file_format)).content

    try:
        opened = open_site(site)
        server = running_server.find(opened.directory)
        path = f"/api/v1/billing-batches/{batch}/export?format={file_format}"
        content = _here(opened, here) if server is None else server.ask("GET", path).content
        if to is None:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
            return
        to.write_bytes(content)
    except HeadEndError as error:
        output.fail(str(error))
    except OSError as error:
        output.fail(f"{to}: {error.strerror}")
    if as_json:
        output.print_json({"batch": batch, "file": str(to), "bytes": len(content)})
    else:
        output.say(f"{len(content)} bytes written to {to}")


def batch_row(batch: BillingBatch) -> dict[str, output.Cell]:
    """One batch as a row."""
    return {
        "id": batch.id,
        "period": batch.period,
        "lines": batch.line_count,
        "refused": batch.refusal_count,
        "closed_at": iso(batch.closed_at),
        "sha256": batch.sha256,
    }


def _row_of_json(answer: object) -> dict[str, output.Cell]:
    assert isinstance(answer, dict)
    return {column: answer[column] for column in COLUMNS}


def _here(site: OpenSite, work: Callable[[HeadEnd], Awaitable[Result]]) -> Result:
    """Do it in this process, with the stores of the site."""
    from headend.bootstrap.head_end import open_head_end
    from headend.clock import SystemClock

    async def run() -> Result:
        async with open_head_end(site.settings, site.directory, SystemClock()) as head_end:
            return await work(head_end)

    return asyncio.run(run())
