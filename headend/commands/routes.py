"""`headend routes`: reading routes are made, looked at, put in a better order, removed."""

from __future__ import annotations

import getpass
import json
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headend.commands import output, running_server
from headend.commands.here import run_here, text_of
from headend.commands.running_server import RunningServer
from headend.commands.site import DEFAULT_SITE, OpenSite, SiteOption, open_site
from headend.domain.errors import HeadEndError, UnknownRoute
from headend.domain.routes import RouteKind
from headend.services.import_routes import RouteOrder

if TYPE_CHECKING:
    from headend.bootstrap.head_end import HeadEnd

EXAMPLES = """
Examples:

  headend routes import "Old town" boxes.csv --kind walk --reader "Wang Fang" --reader "Zhang Wei"

  headend routes import "Bus 1" bus.csv --kind bus

  headend routes optimise "Old town" --keep

A walk has the columns place, x_m, y_m (or latitude, longitude), and if you have them minutes, reader. A bus has
usage_point, and if you have them exchange_s, rate. Without --keep a better order is only shown.
"""
COLUMNS = ("id", "name", "kind", "stops", "readers", "line", "responsible")
FIGURES = ("order", "seconds", "least_seconds", "metres", "longest_minutes", "gap_percent")
Name = Annotated[str, typer.Argument(help="name of the route", metavar="NAME")]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on stdout")]
app = typer.Typer(help="Reading routes.", no_args_is_help=True)


@app.command("list", epilog=EXAMPLES)
def list_(site: SiteOption = DEFAULT_SITE, as_json: JsonOption = False) -> None:
    """List all routes."""
    try:
        routes = _all(open_site(site))
    except HeadEndError as error:
        output.fail(str(error))
    if as_json:
        output.print_json(routes)
    else:
        output.print_table([{**one, "stops": len(one["stops"])} for one in routes], COLUMNS)


@app.command("import", epilog=EXAMPLES)
def import_(
    name: Name,
    file: Annotated[Path, typer.Argument(help="CSV file of the stops", metavar="FILE.csv")],
    kind: Annotated[RouteKind, typer.Option(help="over a line or on foot")] = RouteKind.WALK,
    reader: Annotated[list[str] | None, typer.Option(help="who walks; once for each", metavar="PERSON")] = None,
    site: SiteOption = DEFAULT_SITE,
    as_json: JsonOption = False,
) -> None:
    """Make a route of a file: the whole file or nothing."""
    text = text_of(file)
    order = RouteOrder(name, kind, tuple(reader or ()))
    try:
        stops = _import(open_site(site), order, text, str(file))
    except HeadEndError as error:
        output.fail(str(error))
    if as_json:
        output.print_json({"name": name, "stops": stops})
    else:
        output.say(f"{name}: {stops} stops")


@app.command("optimise", epilog=EXAMPLES)
def optimise(
    name: Name,
    keep: Annotated[bool, typer.Option("--keep", help="keep the better order")] = False,
    site: SiteOption = DEFAULT_SITE,
    as_json: JsonOption = False,
) -> None:
    """Find a better order of the stops, and say what both take and how far from the bound they are."""
    try:
        proposal = _proposal(open_site(site), name, "keep" if keep else "")
    except HeadEndError as error:
        output.fail(str(error))
    if as_json:
        output.print_json(proposal)
        return
    rows = [{"order": order, **_shown(proposal[order])} for order in ("before", "after")]
    output.print_table(rows, [column for column in FIGURES if any(row.get(column) is not None for row in rows)])
    output.say("the better order is kept" if keep else "nothing is changed; --keep keeps the better order")


@app.command("remove")
def remove(name: Name, site: SiteOption = DEFAULT_SITE) -> None:
    """Forget a route; its meters and boxes stay."""
    try:
        _remove(open_site(site), name)
    except HeadEndError as error:
        output.fail(str(error))
    output.say(f"{name} is removed")


def _all(site: OpenSite) -> list[output.Told]:
    from api.schemas.reading_routes import routes_answer

    server = running_server.find(site.directory)
    if server is not None:
        return _asked(server)
    routes = run_here(site, lambda head_end: head_end.planning.design_routes.all())
    return list(routes_answer(routes).model_dump(mode="json")["routes"])


def _import(site: OpenSite, order: RouteOrder, text: str, file: str) -> int:
    server = running_server.find(site.directory)
    if server is None:
        route = run_here(site, lambda head_end: head_end.planning.import_routes.run(order, text, file))
        return len(route.stops)
    query = [
        ("name", order.name),
        ("kind", order.kind.value),
        ("file", file),
        *(("reader", one) for one in order.readers),
    ]
    answer = server.ask(
        "POST", f"/api/v1/routes/import?{urllib.parse.urlencode(query)}", text.encode(), "text/csv"
    ).json()
    assert isinstance(answer, dict)
    return len(answer["stops"])


def _proposal(site: OpenSite, name: str, keep: str) -> output.Told:
    server = running_server.find(site.directory)
    if server is None:
        return run_here(site, lambda head_end: _proposed(head_end, name, keep))
    route = _numbered(server, name)
    answer = server.ask("POST", f"/api/v1/routes/{route}/proposal").json()
    assert isinstance(answer, dict)
    if keep:
        better = answer["route"]
        stops = [{"name": stop["name"], "reader": stop["reader"]} for stop in better["stops"]]
        body = json.dumps({"version": better["version"], "stops": stops}).encode()
        server.ask("PUT", f"/api/v1/routes/{route}/stops", body)
    return answer


async def _proposed(head_end: HeadEnd, name: str, keep: str) -> output.Told:
    from api.schemas.reading_routes import proposal_answer

    design = head_end.planning.design_routes
    proposal = design.propose(await design.route(name), await design.meters())
    if keep:
        stops = [(stop.name, stop.reader) for stop in proposal.route.stops]
        await design.arrange(name, stops, version=proposal.route.version, by=getpass.getuser())
    return proposal_answer(proposal).model_dump(mode="json")


def _remove(site: OpenSite, name: str) -> None:
    server = running_server.find(site.directory)
    if server is None:
        run_here(site, lambda head_end: head_end.planning.design_routes.remove(name, getpass.getuser()))
    else:
        server.ask("DELETE", f"/api/v1/routes/{_numbered(server, name)}")


def _numbered(server: RunningServer, name: str) -> int:
    for route in _asked(server):
        if route["name"] == name:
            return int(route["id"])
    raise UnknownRoute(f"no route {name!r}")


def _asked(server: RunningServer) -> list[output.Told]:
    answer = server.ask("GET", "/api/v1/routes").json()
    assert isinstance(answer, dict)
    return list(answer["routes"])


def _shown(figures: output.Told) -> dict[str, output.Cell]:
    return {name: None if figures[name] is None else str(figures[name]) for name in FIGURES[1:]}
