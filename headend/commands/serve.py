"""`headend serve`: collect on schedule, serve API and console."""

from __future__ import annotations

from typing import Annotated

import typer

from headend.commands import output, running_server
from headend.commands.site import DEFAULT_SITE, OpenSite, SiteOption, open_site
from headend.domain.errors import HeadEndError

EXAMPLES = """
Examples:

  headend serve

  headend serve --site /etc/headend/site.yaml --port 8645

Ends on Ctrl-C or SIGTERM within 5 s; nothing that was acknowledged is lost.
"""


def serve(
    site: SiteOption = DEFAULT_SITE,
    host: Annotated[str | None, typer.Option(help="address to listen on, instead of the site file's")] = None,
    port: Annotated[int | None, typer.Option(help="port, instead of the site file's", min=0, max=65535)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="the announcement as JSON")] = False,
) -> None:
    """Collect on schedule and serve the API and the console until stopped."""
    from headend.commands.event_loop import run, run_until_stopped

    try:
        opened = open_site(site)
        api = opened.settings.api
        at = (host or api.host, api.port if port is None else port)
        run(run_until_stopped(_serve(opened, *at, as_json=as_json)))
    except* HeadEndError as errors:
        output.fail(str(output.first_error(errors)))


async def _serve(site: OpenSite, host: str, port: int, *, as_json: bool) -> None:
    from headend.bootstrap.head_end import open_head_end
    from headend.bootstrap.serving import serve as serve_head_end
    from headend.clock import SystemClock

    async with open_head_end(site.settings, site.directory, SystemClock()) as head_end:
        password = await head_end.sign_in.create_first_administrator()
        token = await head_end.sign_in.open_local_session()

        def on_ready(url: str) -> None:
            running_server.announce(site.directory, url, token)
            if as_json:
                output.print_line({"listening": url})
                return
            if password:
                output.say(f"sign in as admin with the password {password}  (shown only now)")
            output.say(f"headend listening on {url}")

        try:
            await serve_head_end(head_end, host, port, on_ready)
        finally:
            running_server.withdraw(site.directory)
