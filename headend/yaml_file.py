"""YAML files with a shape: every error says file, line and key. Refuses doubled keys and text that YAML mangles."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from headend.domain.errors import ConfigError

Shape = TypeVar("Shape")
Path_ = tuple[str | int, ...]
Marks = dict[Path_, int]
KEY = "<key>"


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
        raise _config_error(error.errors(include_url=False)[0], marks, file) from error


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


def _config_error(details: ErrorDetails, marks: Marks, file: str) -> ConfigError:
    path = tuple(part for part in details["loc"])
    key = ".".join(str(part) for part in path)
    line = marks.get((*path, KEY)) or marks.get(path)
    while line is None and path:
        path = path[:-1]
        line = marks.get(path)
    return ConfigError(
        details["msg"].removeprefix("Value error, "), file=file, line=line, key=key, remedy=_remedy(details)
    )


def _remedy(details: ErrorDetails) -> str:
    """What to do about the errors that YAML's own habits cause."""
    if details["type"] == "string_type" and not isinstance(details["input"], str):
        return 'put the text in quotes: "..."'
    if details["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return "remove it or correct its spelling"
    if details["type"] in ("missing", "missing_argument"):
        return "add it"
    return ""
