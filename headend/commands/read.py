"""`headend read`: ask one device for items over a real wire, without any store."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from headend.commands import output
from headend.domain.collection import ItemError, ItemResult, MeterAnswer
from headend.domain.errors import FieldError, HeadEndError, UnknownReadingType
from headend.domain.instants import iso

EXAMPLES = """
Examples:

  headend read dlt645+tcp://10.0.0.5:8899/000000000001 active_energy_import voltage_l1

  headend read 'dlt645+serial:///dev/ttyUSB0/000000000001?baudrate=2400' 00010000 --json

  headend read dlt645+tcp://10.0.0.5:8899/AAAAAAAAAAAA address

  headend read dlt698+tcp://10.0.0.5:8899/000000000001 clock active_energy_import 20040200

  headend read 'modbus+tcp://10.0.0.6:502/1?profile=eastron-sdm630' 1-0:1.8.0 1-0:32.7.0

  headend read 'dlt645+gdw1376://0.0.0.0:7700/4403-00256/000000000001?port=2' 0001FF00 --timeout 60

  headend read dlt645+tcp://10.0.0.5:8899/000000000001 voltage_l1 --capture failing.jsonl

  headend read 'mqtt://broker:1883/meters/000000000001/state' active_power --timeout 30

Exit codes: 0 all read, 3 some, 4 no answer, 5 refused by the meter, 2 wrong usage.
"""
COLUMNS = ("item", "reading_type", "value", "unit", "measured_at", "quality", "error", "fields")


def read(
    device_url: Annotated[str, typer.Argument(help="dlt645+tcp://host:port/ADDRESS and alike", metavar="DEVICE_URL")],
    items: Annotated[list[str], typer.Argument(help="data identifier, OBIS code or reading type", metavar="ITEM...")],
    as_json: Annotated[bool, typer.Option("--json", help="a JSON list on stdout")] = False,
    timeout: Annotated[float, typer.Option(help="seconds for the whole read", min=0.1)] = 15.0,
    capture: Annotated[Path | None, typer.Option(help="a new file for every byte on the wire", metavar="FILE")] = None,
) -> None:
    """Read items from a meter now; answers come in the order asked."""
    try:
        answer, lost = asyncio.run(_ask(device_url, items, timeout, capture))
    except UnknownReadingType as error:
        output.fail(str(error), output.USAGE)
    except FieldError as error:
        output.fail(f"{device_url}: {error}", output.NO_ANSWER)
    except HeadEndError as error:
        output.fail(str(error), output.USAGE)
    rows = [row_of([result for result in answer.results if result.item == item]) for item in items]
    if as_json:
        output.print_json(rows)
    else:
        output.print_table(rows, COLUMNS)
    if lost is not None:
        output.fail(lost)
    raise typer.Exit(exit_code(answer.results))


async def _ask(
    url: str, items: Sequence[str], timeout_s: float, capture: Path | None
) -> tuple[MeterAnswer, str | None]:
    """The answer, and why the capture is not whole, if it is not."""
    from headend.bootstrap.device import open_device

    device, asked = open_device(url, items), list(dict.fromkeys(items))
    if capture is None:
        return await device.read(asked, timeout_s), None
    from headend.bootstrap.capture import check_wire, new_capture

    writer = new_capture(capture, str(check_wire(device.line_url)))
    try:
        return await device.recorded_by(writer.record).read(asked, timeout_s), writer.failure
    finally:
        writer.abandon()


def row_of(results: Sequence[ItemResult]) -> dict[str, output.Cell]:
    """One asked item as the JSON list holds it; a block has no value of its own but `fields`."""
    result = next((r for r in results if r.error is None), results[0])
    is_block = sum(r.is_main for r in results) > 1
    return {
        "item": result.item,
        "reading_type": result.reading_type.name if result.reading_type and not is_block else None,
        "value": None if is_block else result.text,
        "unit": "" if is_block else result.unit,
        "measured_at": iso(result.measured_at) if result.measured_at else None,
        "received_at": None if result.error is ItemError.NO_ANSWER else iso(result.received_at),
        "quality": [str(quality) for quality in sorted(result.qualities)],
        "error": f"{result.error}: {result.reason}" if result.error else None,
        **({"fields": [_field(r) for r in results]} if len(results) > 1 else {}),
    }


def _field(result: ItemResult) -> dict[str, str | None]:
    name = result.reading_type.name if result.reading_type and result.is_main else result.name
    return {"name": name, "value": result.text, "unit": result.unit}


def exit_code(results: Sequence[ItemResult]) -> int:
    """0 all, 3 some, 4 no answer, 5 refused by the meter."""
    failed = [result for result in results if result.error is not None]
    if not failed:
        return 0
    if len(failed) < len(results):
        return output.SOME
    silent = {ItemError.NO_ANSWER, ItemError.LINE_DOWN}
    return output.NO_ANSWER if all(result.error in silent for result in failed) else output.REFUSED
