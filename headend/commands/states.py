"""`headend states` and `headend drafts`: what is wrong with meters, and what people decide about it."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headend.commands import output, running_server
from headend.commands.here import run_here
from headend.commands.site import DEFAULT_SITE, OpenSite, SiteOption, open_site
from headend.domain.errors import HeadEndError
from headend.domain.instants import iso

if TYPE_CHECKING:
    from headend.bootstrap.head_end import HeadEnd
    from headend.domain.meter_states import MeterState, WorkOrderDraft

STATE_EXAMPLES = """
Examples:

  headend states list

  headend states list --meter 17

States are judged while a server runs, and are preliminary. Of one meter those that are over are listed too.
"""
DRAFT_EXAMPLES = """
Examples:

  headend drafts list

  headend drafts accept 4 --note "team 2 goes there on Friday"

  headend drafts dismiss 5 --note "known: the flat is being rebuilt"
"""
STATE = ("state", "installation", "kind", "since", "closed_at", "evidence", "draft")
DRAFT = ("draft", "installation", "kind", "since", "standing", "decided_by", "note", "action", "evidence")
Rows = list[dict[str, output.Cell]]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on stdout")]
Draft = Annotated[int, typer.Argument(help="number of the draft", metavar="DRAFT", min=1)]
states_app = typer.Typer(help="What is wrong with meters, by what they tell.", no_args_is_help=True)
drafts_app = typer.Typer(help="Drafts of work orders.", no_args_is_help=True)


@states_app.callback(epilog=STATE_EXAMPLES)
def states_callback() -> None:
    """What is wrong with meters, by what they tell."""


@drafts_app.callback(epilog=DRAFT_EXAMPLES)
def drafts_callback() -> None:
    """Drafts of work orders."""


@states_app.command("list")
def list_states(
    meter: Annotated[int | None, typer.Option(help="number of the installation", min=1)] = None,
    site: SiteOption = DEFAULT_SITE,
    as_json: JsonOption = False,
) -> None:
    """List states that stand; of one meter those that are over as well."""
    try:
        rows = _states(open_site(site), meter)
    except HeadEndError as error:
        output.fail(str(error))
    output.print_json(rows) if as_json else output.print_table(rows, STATE)


@drafts_app.command("list")
def list_drafts(site: SiteOption = DEFAULT_SITE, as_json: JsonOption = False) -> None:
    """List drafts, the open ones first."""
    try:
        rows = _drafts(open_site(site))
    except HeadEndError as error:
        output.fail(str(error))
    output.print_json(rows) if as_json else output.print_table(rows, DRAFT)


@drafts_app.command()
def accept(
    draft: Draft,
    note: Annotated[str, typer.Option(help="what others should know")] = "",
    site: SiteOption = DEFAULT_SITE,
) -> None:
    """Accept a draft: somebody will see to it."""
    _decide(site, draft, note, "accept")


@drafts_app.command()
def dismiss(
    draft: Draft,
    note: Annotated[str, typer.Option(help="why nobody needs to go there")],
    site: SiteOption = DEFAULT_SITE,
) -> None:
    """Dismiss a draft, and say why."""
    _decide(site, draft, note, "dismiss")


def _states(site: OpenSite, meter: int | None) -> Rows:
    server = running_server.find(site.directory)
    if server is not None:
        query = "" if meter is None else f"?meter={meter}"
        return [{**one, "state": one["id"]} for one in _rows(server, f"meter-states{query}", "states")]

    async def found(head_end: HeadEnd) -> Rows:
        decide = head_end.states.decide
        return [_state(one) for one in await (decide.standing() if meter is None else decide.history(meter))]

    return run_here(site, found)


def _drafts(site: OpenSite) -> Rows:
    server = running_server.find(site.directory)
    if server is not None:
        return [_told(one) for one in _rows(server, "drafts", "drafts")]

    async def found(head_end: HeadEnd) -> Rows:
        return [_draft(one) for one in await head_end.states.decide.drafts()]

    return run_here(site, found)


def _decide(site_file: Path, draft: int, note: str, verdict: str) -> None:
    try:
        site = open_site(site_file)
        server = running_server.find(site.directory)
        if server is None:
            row = _draft(run_here(site, lambda head_end: _decided(head_end, draft, note, verdict)))
        else:
            body = json.dumps({"note": note}).encode()
            answer = server.ask("POST", f"/api/v1/drafts/{draft}/{verdict}", body).json()
            assert isinstance(answer, dict)
            row = _told(answer)
    except HeadEndError as error:
        output.fail(str(error))
    output.print_table([row], DRAFT)


async def _decided(head_end: HeadEnd, draft: int, note: str, verdict: str) -> WorkOrderDraft:
    decide = head_end.states.decide
    return await (decide.accept if verdict == "accept" else decide.dismiss)(draft, getpass.getuser(), note)


def _rows(server: running_server.RunningServer, path: str, name: str) -> list[output.Told]:
    answer = server.ask("GET", f"/api/v1/{path}").json()
    assert isinstance(answer, dict)
    return list(answer[name])


def _told(one: output.Told) -> dict[str, output.Cell]:
    return {**one, "draft": one["id"], "action": one["action"]["en"]}


def _state(one: MeterState) -> dict[str, output.Cell]:
    return {
        "state": one.id,
        "installation": one.installation_id,
        "kind": one.kind.value,
        "since": iso(one.since),
        "closed_at": None if one.closed_at is None else iso(one.closed_at),
        "evidence": one.evidence,
        "draft": one.draft_id,
    }


def _draft(one: WorkOrderDraft) -> dict[str, output.Cell]:
    return {
        "draft": one.id,
        "installation": one.installation_id,
        "kind": one.kind.value,
        "since": iso(one.since),
        "standing": one.standing.value,
        "decided_by": one.decided_by,
        "note": one.note,
        "action": one.action.en,
        "evidence": one.evidence,
    }
