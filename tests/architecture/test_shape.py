"""The shape of the code: small files that say what they are, small functions, no cycles, names that tell."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

from tests.architecture.rooms import ROOMS, ROOT, module_name, modules

LONGEST_FILE, LONGEST_FUNCTION, MEDIAN_FILE = 400, 40, 120
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def complaints(path: Path, source: str) -> list[str]:
    """What is wrong with the shape of one module."""
    tree = ast.parse(source)
    found = []
    if len(source.splitlines()) > LONGEST_FILE:
        found.append(f"{path}: {len(source.splitlines())} lines")
    if not ast.get_docstring(tree):
        found.append(f"{path}: no docstring that says what it owns")
    if path.stem in EMPTY_NAMES:
        found.append(f"{path}: a name that tells nothing")
    for function in functions(tree):
        length = (function.end_lineno or 0) - function.lineno + 1
        docstring = ast.get_docstring(function, clean=False)
        length -= len(docstring.splitlines()) if docstring else 0
        if length > LONGEST_FUNCTION:
            found.append(f"{path}:{function.lineno}: {function.name} has {length} lines")
    return found


def test_every_module_has_the_shape() -> None:
    found = [c for path in modules() for c in complaints(path.relative_to(ROOT), path.read_text(encoding="utf-8"))]
    assert found == []


def test_the_median_file_is_small() -> None:
    lengths = [len(path.read_text(encoding="utf-8").splitlines()) for path in modules()]
    assert statistics.median(lengths) <= MEDIAN_FILE


@pytest.mark.parametrize(
    ("name", "source", "words"),
    [
        ("long.py", '"""Doc."""\n' + "x = 1\n" * 400, "401 lines"),
        ("bare.py", "x = 1\n", "no docstring"),
        ("utils.py", '"""Doc."""\n', "tells nothing"),
        ("big.py", '"""Doc."""\ndef f():\n' + "    x = 1\n" * 40, "f has 41 lines"),
    ],
)
def test_a_wrong_shape_is_seen(name: str, source: str, words: str) -> None:
    assert any(words in complaint for complaint in complaints(Path(name), source))


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Strongly connected sets of more than one module (Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in graph.get(node, ()):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            part = [stack.pop()]
            while part[-1] != node:
                part.append(stack.pop())
            if len(part) > 1:
                found.append(sorted(part))

    for node in graph:
        if node not in index:
            visit(node)
    return found


def test_no_two_modules_import_each_other_in_a_circle() -> None:
    graph = grimp.build_graph(*ROOMS, cache_dir=None)
    packages = {module_name(path.parent / "__init__.py") for path in modules() if path.name == "__init__.py"}
    imports = {m: graph.find_modules_directly_imported_by(m) - packages for m in graph.modules}
    assert cycles(imports) == []


def test_a_circle_is_seen() -> None:
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def test_shipped_code_never_imports_tests() -> None:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.split(".")[0] == "tests" for name in names), path
