"""YAML files with a shape: every error says file, line and key. Refuses doubled keys and text that YAML mangles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from headend.domain.errors import ConfigError, WrongEntry

Shape = TypeVar("Shape")
Path_ = tuple[str | int, ...]
Marks = dict[Path_, int]
KEY = "<key>"
UNEXPECTED = ("extra_forbidden", "unexpected_keyword_argument")
MISSING = ("missing", "missing_argument")


def load_yaml(path: Path, shape: type[Shape]) -> Shape:
    """The file as an object of `shape`; ConfigError with the first thing that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}", file=str(path), remedy="check the path and its rights"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8", file=str(path), remedy="save it as UTF-8") from error
    return parse_yaml(text, str(path), shape)


def parse_yaml(text: str, file: str, shape: type[Shape]) -> Shape:
    """The text as an object of `shape`; `file` is for the errors."""
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        marks: Marks = {}
        if node is not None:
            _Marking(marks, file).mark(node, ())
        content = yaml.load(text, Loader=yaml.CSafeLoader)  # the safe loader in C
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(f"is not YAML: {error.problem}", file=file, line=line) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"is not YAML: {error}", file=file) from error
    try:
        return TypeAdapter(shape).validate_python(content if content is not None else {})
    except ValidationError as error:
        raise _config_error(error.errors(include_url=False), marks, file) from error


def line_of(path: Path, key: Path_) -> int | None:
    """The line on which a key of a well-formed file stands, for errors found after loading."""
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    marks: Marks = {}
    if node is not None:
        _Marking(marks, str(path)).mark(node, ())
    return marks.get((*key, KEY)) or marks.get(key)


class _Marking:
    """Notes the line of every value and key; a node that aliases repeat is walked once, or a bomb would go off."""

    def __init__(self, marks: Marks, file: str) -> None:
        self._marks, self._file = marks, file
        self._walked: set[int] = set()

    def mark(self, node: yaml.Node, path: Path_) -> None:
        self._marks[path] = node.start_mark.line + 1
        if id(node) in self._walked:
            return
        self._walked.add(id(node))
        if isinstance(node, yaml.MappingNode):
            self._mark_mapping(node, path)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.mark(item, (*path, index))

    def _mark_mapping(self, node: yaml.MappingNode, path: Path_) -> None:
        seen: set[object] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None:
                raise ConfigError("a key must be a word", file=self._file, line=line, remedy="write name: value")
            if name in seen:
                raise ConfigError(f"{name!r} stands here twice", file=self._file, line=line, remedy="keep one")
            seen.add(name)
            self._marks[(*path, name, KEY)] = line
            self.mark(value, (*path, name))


def _config_error(errors: Sequence[ErrorDetails], marks: Marks, file: str) -> ConfigError:
    """The first error, and with a missing key the unexpected one beside it: the two may be one misspelt key."""
    details, remedy = errors[0], _remedy(errors[0])
    path = _path(details)
    problem = details["msg"].removeprefix("Value error, ")
    other = _misspelt(details, errors)
    if other is not None:
        where = f"line {_line(_path(other), marks)}: {'.'.join(map(str, other['loc']))}"
        problem, remedy = f"{problem}; {where}: {other['msg']}", "is the one the other misspelt?"
    return ConfigError(problem, file=file, line=_line(path, marks), key=".".join(map(str, path)), remedy=remedy)


def _path(details: ErrorDetails) -> Path_:
    cause = details.get("ctx", {}).get("error")
    return (*details["loc"], *(cause.key if isinstance(cause, WrongEntry) else ()))


def _line(path: Path_, marks: Marks) -> int | None:
    """The line of the key, else of the nearest thing around it."""
    line = marks.get((*path, KEY)) or marks.get(path)
    while line is None and path:
        path = path[:-1]
        line = marks.get(path)
    return line


def _misspelt(details: ErrorDetails, errors: Sequence[ErrorDetails]) -> ErrorDetails | None:
    """Beside a missing key the unexpected one, or the other way round."""
    kinds = {MISSING: UNEXPECTED, UNEXPECTED: MISSING}
    wanted = next((other for kind, other in kinds.items() if details["type"] in kind), ())
    beside = (other for other in errors if other["type"] in wanted and other["loc"][:-1] == details["loc"][:-1])
    return next(beside, None)


def _remedy(details: ErrorDetails) -> str:
    """What to do: as the entry itself says, or about the errors that YAML's own habits cause."""
    cause = details.get("ctx", {}).get("error")
    if isinstance(cause, WrongEntry):
        return cause.remedy
    if details["type"] == "string_type" and not isinstance(details["input"], str):
        return 'put the text in quotes: "..."'
    if details["type"] in UNEXPECTED:
        return "remove it or correct its spelling"
    if details["type"] in MISSING:
        return "add it"
    return ""
