"""Nothing that can reach a line builds a switching command: only `protocols` and tests name its builder."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.rooms import ROOT, modules

BUILDER = "supply_control"
FORBIDDEN = {BUILDER, "switch_supply", "switch_supply_encrypted", "SWITCH_SUPPLY"}
FUNCTION_CODE = 0x1C


def mentions(source: str) -> list[str]:
    """Every way in which a module names the builder, or makes a frame of its function by hand."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            parts = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            found += [part for part in parts if part in FORBIDDEN]
        elif isinstance(node, ast.Import):
            found += [part for alias in node.names for part in alias.name.split(".") if part in FORBIDDEN]
        elif isinstance(node, ast.Attribute | ast.Name | ast.Constant):
            found += [name for name in _names(node) if name in FORBIDDEN]
        elif isinstance(node, ast.Call) and _is_frame(node.func):
            found += ["1C" for argument in _arguments(node) if _is_function_code(argument)]
    return found


def _names(node: ast.Attribute | ast.Name | ast.Constant) -> list[str]:
    if isinstance(node, ast.Constant):
        return node.value.split(".") if isinstance(node.value, str) else []
    return [node.attr if isinstance(node, ast.Attribute) else node.id]


def _is_frame(function: ast.expr) -> bool:
    return (isinstance(function, ast.Name) and function.id == "Frame") or (
        isinstance(function, ast.Attribute) and function.attr == "Frame"
    )


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _is_function_code(argument: ast.expr) -> bool:
    return any(isinstance(part, ast.Constant) and part.value == FUNCTION_CODE for part in ast.walk(argument))


def outside() -> list[Path]:
    """Shipped modules that no protocol room holds."""
    return [path for path in modules() if path.relative_to(ROOT).parts[0] != "protocols"]


def test_no_driver_service_command_or_simulator_names_the_builder() -> None:
    assert len(outside()) > 100
    assert [(path, found) for path in outside() if (found := mentions(path.read_text(encoding="utf-8")))] == []


def test_inside_protocols_the_builder_is_a_leaf() -> None:
    importing = [
        path.name
        for path in (ROOT / "protocols").rglob("*.py")
        if path.stem != BUILDER and BUILDER in mentions(path.read_text(encoding="utf-8"))
    ]
    assert importing == []


@pytest.mark.parametrize(
    "code",
    [
        "from protocols.dlt645.supply_control import plain_text",
        "from protocols.dlt645 import supply_control as harmless",
        "import protocols.dlt645.supply_control",
        "from protocols import dlt645\ndlt645.supply_control.plain_text(x)",
        "import importlib\nimportlib.import_module('protocols.dlt645.supply_control')",
        "from protocols.dlt645.functions import SWITCH_SUPPLY",
        "Frame(address, 0x1C, data)",
        "dlt645.Frame(address, control=0x1C | flags)",
    ],
)
def test_a_mention_is_seen(code: str) -> None:
    assert mentions(code)
