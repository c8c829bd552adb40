"""`headend meters exchange` and `headend meters identity`: another meter at a place, told by a person or found."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from headend.clock import SystemClock
from headend.commands import output, running_server
from headend.commands.here import run_here
from headend.commands.site import DEFAULT_SITE, OpenSite, SiteOption, open_site
from headend.domain.errors import ConfigError, HeadEndError
from headend.domain.exchanges import CaseState, ExchangeOrder, IdentityCase, PlannedExchange
from headend.domain.instants import iso

if TYPE_CHECKING:
    from headend.bootstrap.head_end import HeadEnd

EXAMPLES = """
Examples:

  headend meters exchange 17 --to 700000000009 --last-register 5120.44 --first-register 0.02 --at 2026-11-24T09:30

  headend meters exchange 17 --to 700000000009 --at 2026-12-01T10:00

A time ahead makes a plan: the meter is expected, and confirmed by itself when both registers were given and it tells
its number. Registers are of total active import in kWh, as the meters show them.
"""
COLUMNS = ("case", "kind", "state", "usage_point", "old", "new", "registered", "answers", "since")
app = typer.Typer(help="Who answers at a place.", no_args_is_help=True)
Meter = Annotated[int, typer.Argument(help="number of the installation", metavar="METER", min=1)]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on stdout")]
Last = Annotated[str, typer.Option("--last-register", help="last register of the old meter, kWh")]
First = Annotated[str, typer.Option("--first-register", help="first register of the new meter, kWh")]
At = Annotated[str, typer.Option("--at", help="when: 2026-11-24T09:30 local, or with an offset; now when left out")]
NoteOption = Annotated[str, typer.Option("--note", help="what people should know")]
Row = Mapping[str, output.Cell]


def exchange(
    meter: Meter,
    to: Annotated[str, typer.Option("--to", help="serial number of the new meter")],
    last: Last = "",
    first: First = "",
    at: At = "",
    note: NoteOption = "",
    site: SiteOption = DEFAULT_SITE,
) -> None:
    """Tell that a meter was exchanged, or will be."""
    try:
        opened = open_site(site)
        told = {"serial_number": to, "note": note, **_registers(opened, last, first, at)}
        said = {key: value for key, value in told.items() if value is not None}
        output.say(_exchange(opened, meter, said))
    except HeadEndError as error:
        output.fail(str(error))


@app.command()
def cases(
    site: SiteOption = DEFAULT_SITE,
    every: Annotated[bool, typer.Option("--all", help="closed ones too")] = False,
    as_json: JsonOption = False,
) -> None:
    """List where another meter answers."""
    try:
        rows = _cases(open_site(site), None if every else CaseState.OPEN)
    except HeadEndError as error:
        output.fail(str(error))
    output.print_json(rows) if as_json else output.print_table(rows, COLUMNS)


@app.command()
def confirm(
    meter: Meter, last: Last, first: First, at: At = "", note: NoteOption = "", site: SiteOption = DEFAULT_SITE
) -> None:
    """Confirm that the meter that answers belongs there: the old one ends with its last register."""
    try:
        opened = open_site(site)
        said = {"note": note, **_registers(opened, last, first, at)}
        _decide(opened, meter, "confirm", said)
    except HeadEndError as error:
        output.fail(str(error))
    output.say(f"the exchange at {meter} is confirmed")


@app.command()
def reject(meter: Meter, note: NoteOption = "", site: SiteOption = DEFAULT_SITE) -> None:
    """Say that the registered meter is the right one: the other one's installation ends."""
    try:
        _decide(open_site(site), meter, "reject", {"note": note})
    except HeadEndError as error:
        output.fail(str(error))
    output.say(f"the exchange at {meter} is rejected")


def _exchange(site: OpenSite, meter: int, said: Mapping[str, str]) -> str:
    server = running_server.find(site.directory)
    if server is not None:
        answer = server.ask("POST", f"/api/v1/meters/{meter}/exchange", json.dumps(said).encode()).json()
        assert isinstance(answer, dict)
        is_plan = answer["planned"] is not None and answer["installation"] == meter
        return f"planned at {meter}" if is_plan else f"exchanged: the new installation is {answer['installation']}"
    return run_here(site, lambda head_end: _exchange_here(head_end, meter, said))


async def _exchange_here(head_end: HeadEnd, meter: int, said: Mapping[str, str]) -> str:
    at, now, by = datetime.fromisoformat(said["at"]), head_end.clock.now(), getpass.getuser()
    registers = [Decimal(said[key]) if key in said else None for key in ("last_register", "first_register")]
    last, first = registers
    if at > now:
        plan = PlannedExchange(meter, said["serial_number"], at, by, now, last, first, said["note"])
        await head_end.identity.exchange.plan(plan)
        return f"planned at {meter}"
    if last is None or first is None:
        raise ConfigError("is needed for an exchange that was made", key="--last-register and --first-register")
    order = ExchangeOrder(at, by, last, first, said["note"])
    case = await head_end.identity.exchange.exchange(meter, said["serial_number"], order)
    return f"exchanged: the new installation is {case.new.id}"


def _decide(site: OpenSite, meter: int, decision: str, said: Mapping[str, str | None]) -> None:
    server = running_server.find(site.directory)
    if server is not None:
        server.ask("POST", f"/api/v1/meters/{meter}/identity/{decision}", json.dumps(said).encode())
        return
    run_here(site, lambda head_end: _decide_here(head_end, meter, said))


async def _decide_here(head_end: HeadEnd, meter: int, said: Mapping[str, str | None]) -> IdentityCase:
    by, note = getpass.getuser(), said["note"] or ""
    exchange = head_end.identity.exchange
    if "at" not in said:
        return await exchange.reject(meter, by, note)
    last, first = (Decimal(said[key] or "") for key in ("last_register", "first_register"))
    at = datetime.fromisoformat(said["at"] or "")
    return await exchange.confirm(meter, ExchangeOrder(at, by, last, first, note))


def _cases(site: OpenSite, state: CaseState | None) -> list[Row]:
    server = running_server.find(site.directory)
    if server is not None:
        answer = server.ask("GET", f"/api/v1/identity-cases?{f'state={state}' if state else ''}").json()
        assert isinstance(answer, dict)
        names = ("id", "kind", "state", "usage_point", "old", "new", "old_serial_number", "new_serial_number")
        return [
            dict(zip(COLUMNS, (one[name] for name in (*names, "opened_at")), strict=True)) for one in answer["cases"]
        ]
    return [_row(case) for case in run_here(site, lambda head_end: head_end.identity.exchange.cases(state))]


def _row(case: IdentityCase) -> Row:
    old, new = case.old, case.new
    who = (case.id, case.kind.value, case.state.value, old.usage_point.name, old.id, new.id)
    return dict(
        zip(COLUMNS, (*who, old.meter.serial_number, new.meter.serial_number, iso(case.opened_at)), strict=True)
    )


def _registers(site: OpenSite, last: str, first: str, at: str) -> dict[str, str | None]:
    """As the API takes them; ConfigError names the option that is wrong."""
    return {
        "at": iso(_instant(at, site.settings.zone)),
        "last_register": _number(last, "--last-register"),
        "first_register": _number(first, "--first-register"),
    }


def _number(text: str, option: str) -> str | None:
    try:
        return str(Decimal(text)) if text else None
    except InvalidOperation as error:
        raise ConfigError(f"{text!r} is no number", key=option, remedy="write kWh as 5120.44") from error


def _instant(text: str, zone: ZoneInfo) -> datetime:
    if not text:
        return SystemClock().now()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        problem = f"{text!r} is no time"
        raise ConfigError(problem, key="--at", remedy="write 2026-11-24T09:30 or 2026-11-24T09:30:00+08:00") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
