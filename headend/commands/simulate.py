"""`headend simulate`: meters that speak the wire, for this head-end or for somebody else's."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from headend.commands import output

EXAMPLES = """
Examples:

  headend simulate --protocol dlt645 --listen tcp://127.0.0.1:8899 --meters 30 --witness witness.jsonl

  headend simulate --protocol dlt698 --listen tcp://127.0.0.1:8898 --meters 5

  headend simulate --protocol modbus --listen tcp://127.0.0.1:1502 --meters 5

  headend simulate --protocol dlt645 --listen tcp://0.0.0.0:8899 --meters 100000 --patterns 64

  headend simulate --protocol modbus --profile finder-7m-38 --listen tcp://127.0.0.1:1502

  headend simulate --protocol sunspec --listen tcp://127.0.0.1:1502

  headend simulate --protocol mqtt --listen mqtt://127.0.0.1:1883 --meters 100 --first-address 200000000001

  headend simulate --protocol gdw1376 --listen dial://127.0.0.1:7700/4403-00256 --meters 5

  headend simulate --protocol mqtt-sparkplug --listen mqtt://127.0.0.1:1883 --meters 20

All meters share the line as on a bus; Modbus units are numbered from 1. MQTT meters publish to the broker at the URL.
A gdw1376 terminal dials the head-end that listens at the URL; its meters are DL/T 645 meters behind port 2.
"""


def simulate(
    protocol: Annotated[
        str, typer.Option(help="dlt645, dlt698, modbus, sunspec[-float], mqtt[-esphome|-sparkplug], gdw1376")
    ],
    listen: Annotated[
        str, typer.Option(help="tcp://host:port, serial:///dev/..., mqtt://host:port, dial://host:port", metavar="URL")
    ],
    meters: Annotated[int, typer.Option(help="how many meters share the line", min=1)] = 1,
    first_address: Annotated[str, typer.Option(help="address of the first meter, up to 12 digits")] = "000000000001",
    witness: Annotated[Path | None, typer.Option(help="JSON lines of every frame and relay movement")] = None,
    seed: Annotated[int, typer.Option(help="the same seed gives the same meters")] = 0,
    patterns: Annotated[
        int, typer.Option(help="loads that large fleets share, 0 = each customer has its own", min=0, max=10_000)
    ] = 0,
    profile: Annotated[
        str, typer.Option(help="Modbus profile that the meters follow, else they are eastron-sdm630")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="the announcement as JSON")] = False,
) -> None:
    """Simulate meters on a line until Ctrl-C; prints one line when ready."""
    from headend.bootstrap.simulation import profile_face, simulate_fleet
    from headend.commands.event_loop import run, run_until_stopped
    from simulators import FleetPlan, SimulatorError

    if profile and protocol != "modbus":
        output.fail("--profile is for --protocol modbus", output.USAGE)
    announce = partial(_announce_json, protocol, meters) if as_json else _announce

    async def simulate_until_stopped() -> None:
        face = profile_face(profile) if profile else protocol
        plan = FleetPlan(meters, first_address, seed, patterns=patterns)
        await simulate_fleet(face, listen, plan, witness=witness, announce=announce)

    try:
        run(run_until_stopped(simulate_until_stopped()))
    except (SimulatorError, ValueError) as error:
        output.fail(str(error), output.USAGE if isinstance(error, ValueError) else 1)


def _announce(address: str) -> None:
    output.say(f"{'dialling' if address.startswith('dial') else 'listening on'} {address}")


def _announce_json(protocol: str, meters: int, address: str) -> None:
    output.print_line({"listening": address, "protocol": protocol, "meters": meters})
