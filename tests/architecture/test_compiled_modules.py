"""What may be compiled: no class of an interpreted module stands on a class of a compiled one; Python forbids it.

It forbids it only when the first object is made, so a wheel with this fault installs, imports and then fails.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.architecture.rooms import ROOT, module_name, modules

STAYS_INTERPRETED = {"NamedTuple", "Protocol", "TypedDict", "StrEnum", "IntEnum", "Enum", "Exception", "Generic"}


def hot() -> frozenset[str]:
    """Names of the modules that the build hook compiles."""
    tree = ast.parse((ROOT / "hatch_build.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "HOT":
            return frozenset(module_name(ROOT / path) for path in ast.literal_eval(node.value))
    raise AssertionError("the build hook names no modules")


def classes(source: str) -> Iterator[tuple[str, list[str]]]:
    """Each class and the last names of its bases, type arguments left out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            bases = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
            yield node.name, [base.attr if isinstance(base, ast.Attribute) else ast.unparse(base) for base in bases]


def broken(sources: Mapping[str, str], compiled: frozenset[str]) -> list[str]:
    """Interpreted classes that stand on compiled ones."""
    native = {
        name
        for module in compiled
        for name, bases in classes(sources[module])
        if not STAYS_INTERPRETED.intersection(bases)
    }
    return [
        f"{module}.{name}({base})"
        for module, source in sources.items()
        if module not in compiled
        for name, bases in classes(source)
        for base in bases
        if base in native
    ]


def test_the_build_hook_compiles_modules_that_are_there() -> None:
    for module in hot():
        assert importlib.util.find_spec(module) is not None, module


def test_no_interpreted_class_stands_on_a_compiled_one() -> None:
    sources = {module_name(path): Path(path).read_text(encoding="utf-8") for path in modules()}
    assert broken(sources, hot()) == []


def test_one_that_does_is_found() -> None:
    sources = {
        "rooms.hot": "class Pipe:\n    pass\nclass Row(NamedTuple):\n    size: int\n",
        "rooms.cold": "class Serial(hot.Pipe): ...\nclass Line(Pipe[int]): ...\nclass Wide(Row): ...\n",
    }
    assert broken(sources, frozenset({"rooms.hot"})) == ["rooms.cold.Serial(Pipe)", "rooms.cold.Line(Pipe)"]
