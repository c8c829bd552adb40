"""`headend init`, `migrate` and `check-config`: a site is made, brought up to date, looked over."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from headend.commands import output
from headend.commands.site import DEFAULT_SITE, OpenSite, SiteOption, open_site
from headend.domain.errors import HeadEndError

TEMPLATE = """\
# A site of the head-end. Every value below is the default; `headend check-config` says whether the file is right.
site:
  name: "{name}"
  time_zone: Asia/Shanghai      # zone of meter clocks, tariffs and bills
data:
  directory: data               # relative to this file
  spool_megabytes: 512          # readings kept while the reading store cannot take them
  readings: duckdb              # or influxdb, with its server: docs/stores.md
{state}api:
  host: 127.0.0.1
  port: 8645
plan_folder: plans              # plan files of this site, beside those that ship: docs/plans-and-routes.md
clocks:
  correct_automatically: false  # true sets wrong clocks every hour: docs/clocks.md
collectors:
  processes: 1                  # more where one core is not enough: docs/collector-processes.md
  silent_after_s: 10            # a process that is silent for longer is killed and replaced
"""
INIT_EXAMPLES = """
Examples:

  headend init

  headend init --name "North district" --site /etc/headend/site.yaml

  headend init --postgresql postgresql://headend@db.example:5432/headend --password-file /etc/headend/db.password
"""


def init(
    site: SiteOption = DEFAULT_SITE,
    name: Annotated[str, typer.Option(help="name of the site")] = "headend",
    postgresql: Annotated[
        str, typer.Option(help="keep the state in this empty database", metavar="URL", show_default=False)
    ] = "",
    password_file: Annotated[
        str, typer.Option(help="file with the password of the database", metavar="FILE", show_default=False)
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """Make a site: its file, its stores, and the first administrator with a password that is shown once."""
    from headend.bootstrap.stores import prepare

    if site.exists():
        output.fail(f"{site} exists already; nothing was changed", output.USAGE)
    if any('"' in text or "\\" in text or not text.isprintable() for text in (name, postgresql, password_file)):
        output.fail("what goes into a site file has no quotes, backslashes or control characters", output.USAGE)
    try:
        site.parent.mkdir(parents=True, exist_ok=True)
        site.write_text(TEMPLATE.format(name=name, state=_state(postgresql, password_file)), encoding="utf-8")
        opened = open_site(site)
        prepare(opened.directory, opened.settings.data)
        password = asyncio.run(first_administrator(opened))
    except OSError as error:
        site.unlink(missing_ok=True)
        output.fail(f"{site}: {error.strerror}")
    except HeadEndError as error:
        site.unlink(missing_ok=True)
        output.fail(str(error))
    if as_json:
        output.print_json({"site": str(site), "data": str(opened.directory), "user": "admin", "password": password})
        return
    output.say(f"site file  {site}\ndata       {opened.directory}")
    if password:
        output.say(f"sign in as admin with the password {password}  (shown only now)")
    output.say("next: headend meters import FILE.csv, then headend serve")


def _state(postgresql: str, password_file: str) -> str:
    """The lines of the site file that say where the state is; none for the file in the data directory."""
    if not postgresql:
        return ""
    password = f'    password_file: "{password_file}"\n' if password_file else ""
    return f'  postgresql:\n    url: "{postgresql}"\n{password}'


async def first_administrator(site: OpenSite) -> str | None:
    """The password of the first administrator if there was none yet."""
    from headend.bootstrap.head_end import open_head_end
    from headend.clock import SystemClock

    async with open_head_end(site.settings, site.directory, SystemClock()) as head_end:
        return await head_end.sign_in.create_first_administrator()


def migrate(
    site: SiteOption = DEFAULT_SITE,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """Bring the state store to the schema of this program; safe to run again."""
    from headend.bootstrap.stores import prepare

    try:
        opened = open_site(site)
        revision = prepare(opened.directory, opened.settings.data)
    except HeadEndError as error:
        output.fail(str(error))
    if as_json:
        output.print_json({"revision": revision})
    else:
        output.say(f"state store is at schema {revision}")


def check_config(
    site: SiteOption = DEFAULT_SITE,
    profile: Annotated[
        Path | None, typer.Option(help="check this Modbus or MQTT profile alone", metavar="FILE", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """Check the site file and everything that ships as data, or one profile alone; changes nothing."""
    from headend.commands.profile_check import check_profile, print_profile

    if profile is not None:
        (print_profile if as_json else check_profile)(profile)
        return
    _check_site(site, as_json=as_json)


def _check_site(site: Path, *, as_json: bool) -> None:
    from headend import shipped
    from headend.bootstrap.field import build_field
    from headend.clock import SystemClock
    from headend.kpi_files import kpi_definitions

    try:
        opened = open_site(Path(site))
        field = build_field(shipped.config_root(), opened.settings.zone, SystemClock())
        shipped.rule_book(shipped.config_root())
        kpis = len(kpi_definitions(shipped.config_root(), field.types))
    except HeadEndError as error:
        output.fail(str(error))
    profiles = sum(len(names) for names in field.profile_names.values())
    if as_json:
        output.print_json(
            {"site": str(site), "reading_types": len(field.types.rows), "profiles": profiles, "kpis": kpis}
        )
    else:
        output.say(f"{site} is right: {len(field.types.rows)} reading types, {profiles} device profiles, {kpis} KPIs")
