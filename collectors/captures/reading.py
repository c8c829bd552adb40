"""Reads a capture file, strictly: a wrong line is an error with file, line, field, reason and remedy.

One thing is forgiven and told: a last line that was cut, as a killed process leaves it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Annotated, BinaryIO, Literal, NoReturn, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from collectors.captures.chunk import Chunk, Direction, Header
from headend.domain.errors import ConfigError

LONGEST_LINE = 1 << 20
REMEDY = "docs/captures.md describes the lines of a capture"
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Capture:
    """A whole capture; `is_cut` when its last line was, and was left out."""

    header: Header
    chunks: tuple[Chunk, ...]
    is_cut: bool


def read_capture(path: Path) -> Capture:
    """The capture of a file; ConfigError."""
    try:
        with path.open("rb") as file:
            return _read(file, str(path))
    except OSError as error:
        raise ConfigError(f"cannot read the capture: {error.strerror}", file=str(path)) from error


def _hex(text: str) -> str:
    try:
        bytes.fromhex(text)
    except ValueError as error:
        raise ValueError("is not hex, two digits a byte") from error
    return text


class _HeaderLine(BaseModel):
    model_config = ConfigDict(extra="forbid")
    capture: Literal[1]
    line: str
    started: AwareDatetime
    program: str


class _ChunkLine(BaseModel):
    model_config = ConfigDict(extra="forbid")
    at: AwareDatetime
    direction: Direction
    data: Annotated[str, AfterValidator(_hex)] = Field(alias="bytes", min_length=2)
    connection: int = Field(default=1, ge=1)


def _read(file: BinaryIO, name: str) -> Capture:
    lines = _lines(file, name)
    number, first, _ = next(lines, (1, b"", True))
    head = _checked(_HeaderLine, first, name, number)
    chunks, is_cut = list[Chunk](), False
    for number, line, is_whole in lines:
        try:
            read = _checked(_ChunkLine, line, name, number)
        except ConfigError:
            if is_whole:
                raise
            is_cut = True
        else:
            chunks.append(Chunk(read.at.astimezone(UTC), read.direction, bytes.fromhex(read.data), read.connection))
    return Capture(Header(head.line, head.started.astimezone(UTC), head.program), tuple(chunks), is_cut)


def _lines(file: BinaryIO, name: str) -> Iterator[tuple[int, bytes, bool]]:
    """Number, text, and whether the line has its end."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            _refuse(name, number, "", f"longer than {LONGEST_LINE} bytes")
        yield number, line.rstrip(b"\r\n"), line.endswith(b"\n")


def _checked(model: type[Model], line: bytes, name: str, number: int) -> Model:
    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        _refuse(name, number, str(first["loc"][0]) if first["loc"] else "", first["msg"])


def _refuse(name: str, number: int, key: str, reason: str) -> NoReturn:
    raise ConfigError(reason, file=name, line=number, key=key, remedy=REMEDY)
