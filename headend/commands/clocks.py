"""`headend meters clock`: how far clocks are off, and one that is set by order."""

from __future__ import annotations

import asyncio
import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headend.commands import output, running_server
from headend.commands.here import run_here
from headend.commands.site import DEFAULT_SITE, OpenSite, SiteOption, open_site
from headend.domain.errors import HeadEndError
from headend.domain.instants import iso

if TYPE_CHECKING:
    from headend.bootstrap.head_end import HeadEnd
    from headend.domain.clock_correction import ClockOrder
    from headend.domain.clocks import ClockState

EXAMPLES = """
Examples:

  headend meters clock

  headend meters clock 17

  headend meters clock 17 --correct

Setting a clock sends one frame, once, and reads the clock before and after it. A broadcast sets all meters of the line.
"""
STATE = ("installation", "offset_s", "drift_s_per_day", "at", "steady_since")
ORDER = ("installation", "remedy", "outcome", "before_s", "after_s", "ordered_by", "ordered_at", "reason")
Row = dict[str, Any]  # Any: JSON of our own API


def clock(
    meter: Annotated[int | None, typer.Argument(help="number of the installation", metavar="[METER]", min=1)] = None,
    correct: Annotated[bool, typer.Option("--correct", help="set this clock now")] = False,
    site: SiteOption = DEFAULT_SITE,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """Show clocks, the worst first; one with its orders; or set one."""
    if correct and meter is None:
        output.fail("--correct needs the number of an installation", output.USAGE)
    try:
        opened = open_site(site)
        work = _set if correct else _orders
        rows = _all(opened) if meter is None else work(opened, meter)
    except HeadEndError as error:
        output.fail(str(error))
    output.print_json(rows) if as_json else output.print_table(rows, STATE if meter is None else ORDER)


def _all(site: OpenSite) -> list[Row]:
    server = running_server.find(site.directory)
    if server is not None:
        return _told(server, "GET", "/api/v1/clocks")["clocks"]  # type: ignore[no-any-return]  # JSON of our own

    async def states(head_end: HeadEnd) -> list[Row]:
        return [_state(one) for one in head_end.clocks.correct.states()]

    return run_here(site, states)


def _orders(site: OpenSite, meter: int) -> list[Row]:
    server = running_server.find(site.directory)
    if server is not None:
        return _told(server, "GET", f"/api/v1/meters/{meter}/clock")["orders"]  # type: ignore[no-any-return]  # as above

    async def orders(head_end: HeadEnd) -> list[Row]:
        return [_order(one) for one in (await head_end.clocks.correct.page(meter)).orders]

    return run_here(site, orders)


def _set(site: OpenSite, meter: int) -> list[Row]:
    server = running_server.find(site.directory)
    if server is not None:
        return [_told(server, "POST", f"/api/v1/meters/{meter}/clock/correction")]

    async def order(head_end: HeadEnd) -> Row:
        lines = asyncio.create_task(head_end.run_lines())
        await head_end.gateway.is_running.wait()
        try:
            return _order(await head_end.clocks.correct.correct(meter, getpass.getuser()))
        finally:
            lines.cancel()
            await asyncio.gather(lines, return_exceptions=True)

    return [run_here(site, order)]


def _told(server: running_server.RunningServer, method: str, path: str) -> Row:
    answer = server.ask(method, path).json()
    assert isinstance(answer, dict)
    return answer


def _state(one: ClockState) -> Row:
    drift = None if one.drift_s_per_day is None else str(one.drift_s_per_day)
    return {
        "installation": one.installation_id,
        "offset_s": one.offset_s,
        "drift_s_per_day": drift,
        "at": iso(one.at),
        "steady_since": iso(one.since),
    }


def _order(one: ClockOrder) -> Row:
    return {
        "installation": one.installation_id,
        "remedy": one.remedy.value,
        "outcome": one.outcome.value,
        "before_s": one.before_s,
        "after_s": one.after_s,
        "ordered_by": one.ordered_by,
        "ordered_at": iso(one.ordered_at),
        "reason": one.reason,
    }
