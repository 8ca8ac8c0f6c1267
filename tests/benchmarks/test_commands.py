"""Every benchmark names what there is: one that nobody runs for a while would otherwise break unseen."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def _imported(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) that a file imports from the package."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "narrashift":
            yield from ((str(node.module), alias.name) for alias in node.names)


@pytest.mark.parametrize("path", sorted(BENCHMARKS.rglob("*.py")), ids=lambda path: str(path.relative_to(BENCHMARKS)))
def test_what_a_benchmark_imports_is_there(path):
    for module, name in _imported(path):
        found = importlib.import_module(module)
        assert hasattr(found, name) or importlib.util.find_spec(f"{module}.{name}"), f"{module} has no {name}"


def test_the_readme_names_every_command():
    told = (BENCHMARKS / "README.md").read_text("utf-8")
    commands = {path.name for path in BENCHMARKS.glob("*.py")}
    assert not {name for name in commands if f"benchmarks/{name}" not in told}
