"""What a user gets from `import narrashift`, from the command and from a wheel."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import narrashift

ROOT = Path(__file__).parent.parent
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]
HEAVY = {"torch", "mlflow", "transformers", "sklearn", "datasets", "matplotlib", "pandas", "pyarrow", "numpy", "scipy"}


def python(code: str, *, cwd: Path, path: Path | None = None) -> str:
    """What this code prints in a fresh interpreter; `path` comes before everything that is installed."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    if path:
        environment["PYTHONPATH"] = str(path)
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_after(code: str, *, cwd: Path) -> set[str]:
    """Modules in a fresh interpreter after this code."""
    return set(json.loads(python(f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))", cwd=cwd)))


def test_importing_the_package_imports_nothing_heavy(tmp_path):
    loaded = loaded_after("import narrashift; dir(narrashift); narrashift.__version__", cwd=tmp_path)
    assert "narrashift" in loaded
    assert loaded & HEAVY == set()


def test_the_command_line_starts_without_anything_heavy(tmp_path):
    assert loaded_after("import narrashift.cli", cwd=tmp_path) & HEAVY == set()


@pytest.mark.parametrize("module", ["model.codebook", "model.decision", "model.bundle", "model.prediction"])
def test_what_is_read_before_the_weights_needs_no_torch(module, tmp_path):
    loaded = loaded_after(f"import narrashift.{module}", cwd=tmp_path)
    assert loaded & {"torch", "transformers", "sklearn", "mlflow"} == set()


@pytest.mark.slow
def test_scoring_brings_in_neither_training_nor_mlflow(tmp_path):
    code = """
import importlib, pkgutil, narrashift.model, narrashift.serving
for package in (narrashift.model, narrashift.serving):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
"""
    loaded = loaded_after(code, cwd=tmp_path)
    assert "narrashift.serving.engines.torch" in loaded
    assert not [name for name in loaded if name.startswith(("narrashift.training", "mlflow"))]


@pytest.mark.parametrize("name", narrashift.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name):
    value = getattr(narrashift, name)
    assert value.__name__ == name
    assert value.__doc__
    assert value.__module__.startswith("narrashift.")
    assert name in dir(narrashift)


def test_public_names_are_sorted_and_the_ones_that_type_checkers_see():
    tree = ast.parse((ROOT / "__init__.py").read_text("utf-8"))
    block = next(n for n in tree.body if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.unparse(n.test))
    typed = [alias.name for node in block.body for alias in node.names]
    assert narrashift.__all__ == sorted(narrashift.__all__)
    assert sorted(typed) == sorted(narrashift.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error_that_names_it():
    with pytest.raises(AttributeError, match=r"narrashift.*'classify'"):
        _ = narrashift.classify
    assert not hasattr(narrashift, "Tokenizer")


def test_the_package_works_next_to_files_named_like_its_parts(tmp_path):
    for name in ("model", "training", "serving", "seeds", "rows", "cli", "demo", "terminal"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('somebody else\\'s module')\n")
    printed = python("import narrashift, narrashift.cli; print(narrashift.read_codebook().name)", cwd=tmp_path)
    assert printed == "war-narratives\n"


def test_the_command_tells_its_version(tmp_path):
    command = Path(sys.executable).with_name("narrashift")
    done = subprocess.run([command, "--version"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{narrashift.__version__}\n", "")


def test_python_dash_m_runs_the_command(tmp_path):
    """Where the script is not on PATH, `python -m narrashift` is what people try."""
    done = subprocess.run(
        [sys.executable, "-m", "narrashift", "--version"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, f"{narrashift.__version__}\n"), done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the repository, tests and benchmarks included in the copy."""
    source = tmp_path_factory.mktemp("source") / "repository"
    hidden = shutil.ignore_patterns(".*", "*.egg-info", "build", "demo", "__pycache__", "mlartifacts", "mlflow.db*")
    shutil.copytree(ROOT, source, ignore=hidden)
    assert (source / "tests").is_dir()
    out = tmp_path_factory.mktemp("wheel")
    command = ["-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--quiet", "-w", out, source]
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.mark.slow
def test_a_wheel_holds_every_package_and_its_data_and_nothing_else(wheel):
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    modules = {
        f"{package.replace('.', '/')}/{file.name}"
        for package in PACKAGES
        for file in ROOT.joinpath(*package.split(".")[1:]).glob("*.py")
    }
    seeds = {
        f"narrashift/seeds/{name}"
        for name in (
            "annotations.csv",
            "codebook.toml",
            "corpus.jsonl",
            "functions.toml",
            "languages.jsonl",
            "languages_annotations.csv",
            "mirror.toml",
            "narratives.toml",
            "passages.jsonl",
            "README.md",
            "reputation_annotations.csv",
        )
    }
    pages = {
        f"narrashift/{file.relative_to(ROOT).as_posix()}"
        for folder in ("training", "serving")
        for kind in ("jinja", "js", "css")
        for file in (ROOT / folder).rglob(f"*.{kind}")
    }
    assert {"narrashift/training/comparing/page.html.jinja", "narrashift/serving/reports/page.jinja"} <= pages
    assert inside == modules | seeds | pages | {"narrashift/py.typed"}


@pytest.mark.slow
def test_a_wheel_has_the_command_the_version_and_the_readme(wheel):
    with zipfile.ZipFile(wheel) as content:
        files = {name.split("/")[-1]: name for name in content.namelist() if ".dist-info/" in name}
        scripts = content.read(files["entry_points.txt"]).decode()
        about = content.read(files["METADATA"]).decode()
    assert "narrashift = narrashift.cli:main" in scripts
    assert f"\nVersion: {narrashift.__version__}\n" in about
    assert (ROOT / "README.md").read_text("utf-8").splitlines()[0] in about


@pytest.mark.slow
def test_a_wheel_reads_its_own_seeds(wheel, tmp_path):
    unpacked = tmp_path / "site-packages"
    zipfile.ZipFile(wheel).extractall(unpacked)
    code = """
import narrashift
from importlib import resources
lines = [resources.files("narrashift.seeds").joinpath(n).read_text("utf-8").count("\\n") for n in
         ("passages.jsonl", "corpus.jsonl")]
print(narrashift.__file__, len(narrashift.read_codebook().tasks), *lines)
"""
    printed = python(code, cwd=tmp_path, path=unpacked).split()
    assert Path(printed[0]) == unpacked / "narrashift" / "__init__.py"
    assert printed[1:3] == ["3", "6"]
    assert int(printed[3]) >= 600
