"""The rules of the layout, read off the source: who imports whom, and what must never be called."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

import narrashift

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES = PROJECT["tool"]["setuptools"]["packages"]
NO_PRODUCT = {"tests", "benchmarks", "build", "demo", "node_modules", "mlartifacts", "mlruns"}
"""Folders of the repository that no package lies in."""

WITH_MLFLOW = {
    f"training/tracking/{name}.py" for name in ("adaptation", "run", "registry", "pyfunc_model", "finished", "lineage")
}
RUN_BY_PATH = {"training/tracking/pyfunc_model.py"}
"""MLflow runs it as a file of its own, so that it has no package to be relative to."""
LONGEST = 400

PICKLING = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "jsonpickle"}
UNPICKLING_CALLS = {"torch.load", "torch.save", "np.load", "numpy.load", "pd.read_pickle", "pandas.read_pickle"}
CODE_FROM_TEXT = {"eval", "exec", "compile", "__import__"}


def folder_of(package: str) -> Path:
    return ROOT.joinpath(*package.split(".")[1:])


def product_files() -> list[Path]:
    return sorted(file for package in PACKAGES for file in folder_of(package).glob("*.py"))


def short(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"), filename=str(file))


def imports_of(file: Path, *, at_once: bool = False) -> Iterator[str]:
    """Absolute names of modules that a file imports anywhere in it, or `at_once`, when it is itself imported."""
    module = ["narrashift", *file.relative_to(ROOT).with_suffix("").parts]
    tree = tree_of(file)
    nodes = _run_on_import(tree) if at_once else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module[: len(module) - node.level] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            yield start
            yield from (f"{start}.{alias.name}" for alias in node.names)


def _run_on_import(node: ast.AST) -> Iterator[ast.AST]:
    """Every node outside functions and `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        is_for_types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if not is_function and not is_for_types:
            yield child
            yield from _run_on_import(child)


def own_parts(file: Path, **options: bool) -> set[str]:
    """`model`, `training`, `rows`, …: the parts of this package that a file imports."""
    found = {name for name in imports_of(file, **options) if name.startswith("narrashift.")}
    return {name.split(".")[1] for name in found}


def dotted(node: ast.AST) -> str:
    return ast.unparse(node) if isinstance(node, ast.Attribute | ast.Name) else ""


FILES = product_files()
each_file = pytest.mark.parametrize("file", FILES, ids=short)


def test_the_readers_of_imports_see_relative_nested_and_typing_imports(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    file = tmp_path / "model" / "x.py"
    file.parent.mkdir()
    file.write_text("from ..training import corpus\ndef f():\n    import mlflow.pyfunc\nfrom . import errors\n")
    assert set(imports_of(file)) >= {"narrashift.training.corpus", "mlflow.pyfunc", "narrashift.model.errors"}
    assert "mlflow.pyfunc" not in set(imports_of(file, at_once=True))


@pytest.mark.parametrize(
    ("part", "allowed"),
    [
        ("model", {"model"}),
        ("training", {"model", "training", "rows"}),
        ("serving", {"model", "serving", "rows"}),
        ("seeds", set()),
    ],
)
def test_dependencies_run_one_way(part, allowed):
    files = [file for file in FILES if short(file).startswith(f"{part}/")]
    assert files
    wrong = {short(file): own_parts(file) - allowed for file in files if own_parts(file) - allowed}
    assert wrong == {}


def test_rows_that_training_and_serving_share_know_only_the_model():
    for file in (ROOT / "rows").glob("*.py"):
        assert own_parts(file) <= {"model", "rows"}


def test_nothing_below_the_commands_knows_the_terminal_or_the_commands():
    above = {"cli", "commands", "terminal"}
    inside = [file for file in FILES if file.parent != ROOT and file.relative_to(ROOT).parts[0] not in above]
    assert {short(file): own_parts(file) & above for file in inside if own_parts(file) & above} == {}


def test_commands_import_what_is_heavy_only_when_they_run():
    for file in (ROOT / "cli.py", *(ROOT / "commands").glob("*.py")):
        assert own_parts(file, at_once=True) <= {"model", "commands", "__version__"}
        third_party = {name.split(".")[0] for name in imports_of(file, at_once=True)} - {"narrashift"}
        assert third_party - set(sys.stdlib_module_names) <= {"typer"}


@each_file
def test_mlflow_is_imported_where_runs_are_tracked_only(file):
    imported = {name for name in imports_of(file) if name.split(".")[0] == "mlflow"}
    assert not imported or short(file) in WITH_MLFLOW


@each_file
def test_imports_inside_the_package_are_relative(file):
    absolute = [
        ast.unparse(node)
        for node in ast.walk(tree_of(file))
        if (isinstance(node, ast.Import) and any(a.name.split(".")[0] == "narrashift" for a in node.names))
        or (isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] == "narrashift")
    ]
    assert not absolute or short(file) in RUN_BY_PATH


@each_file
def test_modules_are_not_imported_by_name_behind_these_rules(file):
    dynamic = [node for node in ast.walk(tree_of(file)) if dotted(node).endswith("import_module")]
    assert not dynamic or short(file) == "__init__.py"


@each_file
def test_nothing_is_pickled_and_no_code_comes_out_of_data(file):
    tree = tree_of(file)
    assert {name.split(".")[0] for name in imports_of(file)} & PICKLING == set()
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    called = {dotted(node.func) for node in calls}
    assert called & (UNPICKLING_CALLS | CODE_FROM_TEXT) == set()
    assert not [name for name in called if name.endswith((".to_pickle", ".read_pickle"))]
    keywords = {(k.arg, ast.unparse(k.value)) for node in calls for k in node.keywords}
    assert keywords & {("allow_pickle", "True"), ("weights_only", "False"), ("shell", "True")} == set()


@each_file
def test_code_of_a_hub_repository_is_never_trusted(file):
    """Where transformers would ask the person at the terminal, it is told no."""
    assert set(re.findall(r"trust_remote_code\S{0,6}", file.read_text("utf-8"))) <= {"trust_remote_code=False"}
    loading = ("AutoConfig.from_pretrained", "AutoModel.from_pretrained", "AutoModel.from_config")
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Call) and dotted(node.func) in (*loading, "AutoTokenizer.from_pretrained"):
            assert "trust_remote_code" in {keyword.arg for keyword in node.keywords}


@each_file
def test_no_file_is_too_long_to_read(file):
    assert len(file.read_text("utf-8").splitlines()) <= LONGEST


@each_file
def test_a_module_says_its_idea_in_its_first_line(file):
    text = ast.get_docstring(tree_of(file))
    assert text and text.splitlines()[0].rstrip().endswith((".", "?"))


@each_file
def test_every_public_function_and_class_has_a_docstring(file):
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    public = [node for node in tree_of(file).body if isinstance(node, kinds) and not node.name.startswith("_")]
    assert [node.name for node in public if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_listed_package_is_a_folder_with_an_init(package):
    assert (folder_of(package) / "__init__.py").is_file()


def test_every_folder_with_code_is_a_listed_package():
    outside = {ROOT / name for name in NO_PRODUCT}
    folders = {
        file.parent
        for top in ROOT.iterdir()
        if top.is_dir() and top not in outside and not re.search(r"^\.|\.egg-info$|^__pycache__$", top.name)
        for file in top.rglob("*.py")
    }
    assert {ROOT, *folders} == {folder_of(package) for package in PACKAGES}


def test_what_lies_beside_the_code_of_a_package_is_package_data():
    patterns = PROJECT["tool"]["setuptools"]["package-data"]
    for package in PACKAGES[1:]:
        beside = [p for p in folder_of(package).iterdir() if p.is_file() and p.suffix not in {".py", ".pyc"}]
        unnamed = [p.name for p in beside if not any(p.match(pattern) for pattern in patterns.get(package, []))]
        assert unnamed == [], package


def test_every_library_that_is_imported_is_a_declared_dependency():
    needed = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["cluster"]
    declared = {re.match(r"[\w.-]+", line)[0].lower().replace("_", "-") for line in needed}
    homes = metadata.packages_distributions()
    imported = {name.split(".")[0] for file in FILES for name in imports_of(file)}
    libraries = imported - set(sys.stdlib_module_names) - {"narrashift"}
    undeclared = {
        library
        for library in libraries
        if not {home.lower().replace("_", "-") for home in homes.get(library, [])} & declared
    }
    assert undeclared == set()


def test_the_readme_that_the_project_names_is_there():
    assert (ROOT / PROJECT["project"]["readme"]).is_file()


def test_the_version_is_said_once_more_and_the_same():
    assert narrashift.__version__ == PROJECT["project"]["version"]
