"""`headend replay`: what a capture holds, in words, as a vector file, or spoken again by the meters' side."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from headend.commands import output
from headend.domain.errors import ConfigError, HeadEndError

if TYPE_CHECKING:
    from collectors.captures.reading import Capture
    from headend.bootstrap.told_capture import ToldCapture

EXAMPLES = """
Examples:

  headend replay morning.jsonl

  headend replay morning.jsonl --json

  headend replay morning.jsonl --vector morning-vectors.json

  headend replay morning.jsonl --listen tcp://127.0.0.1:8899 --speed 10

With --listen it plays the meters: recorded questions get the recorded answers, at their own times; what was never
asked stays unanswered and is told on stderr.
"""


def replay(
    file: Annotated[Path, typer.Argument(help="a capture", metavar="FILE")],
    listen: Annotated[str, typer.Option(help="play the meters there: tcp://host:port or pty:", metavar="URL")] = "",
    speed: Annotated[float, typer.Option(help="times as fast as it was", min=0.001)] = 1.0,
    at_once: Annotated[bool, typer.Option("--at-once", help="answer without any delay")] = False,
    vector: Annotated[Path | None, typer.Option(help="write the frames as a new vector file", metavar="FILE")] = None,
    protocol: Annotated[str, typer.Option(help="auto, dlt645, dlt698, gdw1376, modbus-tcp, modbus-rtu")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """Tell what was said on a line, or say it again."""
    from collectors.captures.reading import read_capture
    from headend.bootstrap.told_capture import tell

    try:
        capture = read_capture(file)
        told = tell(capture, protocol)
    except ConfigError as error:
        output.fail(str(error), output.USAGE)
    if capture.is_cut:
        output.warn(f"{file}: the last line is cut and was left out")
    if vector is not None:
        _write_vectors(told, vector, file.name)
    elif listen:
        _play(capture, told, listen, math.inf if at_once else speed)
    elif as_json:
        output.print_json(told.as_json())
    else:
        for entry in told.as_json():
            output.say(sentence(entry))


def sentence(entry: dict[str, Any]) -> str:  # Any: JSON
    """One frame or piece of noise as a line for people."""
    head = f"{entry['at']} {entry['direction']}"
    head += f" connection {entry['connection']}" if entry["connection"] > 1 else ""
    if not entry["valid"]:
        return f"{head} no frame: {entry['problem']}: {entry['bytes']}"
    words = [head, entry["protocol"], entry["address"], entry.get("function"), entry.get("data_identifier")]
    words.append(entry.get("reading_type"))
    if entry["value"] is not None:
        words += ["=", entry["value"], entry["unit"]]
    else:
        words += [f"{field['name']}={field['value']}{field['unit'] or ''}" for field in entry["fields"]]
    if entry["error"]:
        words.append(f"refused {entry['error']['code']}: {', '.join(entry['error']['reasons'])}")
    return " ".join(str(word) for word in words if word)


def _write_vectors(told: ToldCapture, path: Path, source: str) -> None:
    content = orjson.dumps(told.vectors(source), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    try:
        with path.open("xb") as file:
            file.write(content)
    except OSError as error:
        output.fail(f"{path}: cannot write the vectors: {error.strerror}; choose a new file", output.USAGE)
    output.warn(f"{len(told.sayings)} frames and pieces of noise told, each once in {path}")


def _play(capture: Capture, told: ToldCapture, listen: str, speed: float) -> None:
    from collectors.captures.exchanges import exchanges_of
    from headend.bootstrap.replay import Script, replay
    from headend.commands.event_loop import run, run_until_stopped
    from simulators import SimulatorError
    from simulators.listen_url import parse_listen_url

    script = Script(told.protocol, exchanges_of(capture.chunks, told.sayings), speed)
    if not script.exchanges:
        output.fail("nobody asked anything in this capture: there is nothing to answer", output.USAGE)

    def announce(address: str) -> None:
        output.say(f"listening on {address}, {len(script.exchanges)} questions are known")

    def unknown(raw: bytes) -> None:
        output.warn(f"never asked in the capture: {raw.hex().upper()}")

    async def play() -> None:
        await replay(script, parse_listen_url(listen), announce=announce, unknown=unknown)

    try:
        run(run_until_stopped(play()))
    except SimulatorError as error:
        output.fail(str(error))
    except HeadEndError as error:
        output.fail(str(error), output.USAGE)
