"""One cell of `training.py`: a system, a fold, a seed, run in a process of its own and kept as a file.

    PYTHONPATH=benchmarks python -m lessons.cell CELL.json --shared DIR --out FILE

is how `run_cell` starts that process; it learns, labels the test passages, and writes what it said of them.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from narrashift.training.data.corpus import Corpus

from .data import Benchmark, few, read_benchmark
from .score import Answers

ROOT = Path(__file__).parents[2]
BENCHMARKS = Path(__file__).parents[1]
OURS = "narrashift"


@dataclass(frozen=True)
class Loaded:
    """What a system runs on.

    Attributes:
        version: raised when what a peer is told to do changes, so that its cells are run again.
        libraries: whose versions decide what it says.
        modules: imported before the clock starts.
    """

    version: int
    libraries: tuple[str, ...]
    modules: tuple[str, ...]


LOADED = {
    OURS: Loaded(1, (), ("narrashift.training.train", "transformers.models.bert.modeling_bert")),
    "plain": Loaded(1, ("torch", "transformers"), ("transformers.trainer", "transformers.models.bert.modeling_bert")),
    "plain-tuned": Loaded(
        1, ("torch", "transformers"), ("transformers.trainer", "transformers.models.bert.modeling_bert")
    ),
    "setfit": Loaded(1, ("torch", "transformers", "sentence-transformers", "setfit"), ("setfit", "datasets")),
    "model2vec": Loaded(1, ("torch", "model2vec"), ("model2vec.train", "transformers.models.bert.modeling_bert")),
    "tfidf": Loaded(1, ("scikit-learn",), ("lessons.tfidf",)),
}


@dataclass(frozen=True)
class Cell:
    """What is run.

    Attributes:
        per_label: draw so many passages a label from train; all of them without.
        settings: of `narrashift train`, where they differ from the defaults; of this system only.
    """

    data: str
    system: str
    fold: int
    seed: int
    per_label: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    threads: int = 1

    @property
    def name(self) -> str:
        drawn = f"-{self.per_label}" if self.per_label else ""
        return f"{self.data}/{self.system}{drawn}-fold{self.fold}-seed{self.seed}"

    def parts(self, benchmark: Benchmark) -> tuple[Corpus, Corpus]:
        """Passages to learn from, and those to label."""
        train, test = benchmark.parts(self.fold)
        return (few(train, per_label=self.per_label, seed=self.seed) if self.per_label else train), test

    def digest(self, benchmark: Benchmark) -> str:
        """Of everything that decides what the system says, but for the code of this system: 10 hex digits."""
        train, test = self.parts(benchmark)
        described = {
            **asdict(self), "train": train.digest, "test": test.digest, "backbone": Path(benchmark.backbone).name,
            "version": LOADED[self.system].version,
            "libraries": {name: _version(name) for name in LOADED[self.system].libraries},
        }  # fmt: skip
        return hashlib.sha256(json.dumps(described, sort_keys=True, default=str).encode()).hexdigest()[:10]


def _version(library: str) -> str:
    """Of an installed library; what is there of a peer is read also where it cannot be run."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "not installed"


@dataclass(frozen=True)
class Result:
    """What a cell left.

    Attributes:
        seconds: processor seconds of learning.
        wall_seconds: by the clock, of learning; other work on the machine counts too.
        peak_mb: the process's largest resident memory, in 10^6 bytes.
        code: digest of this package's `model` and `training` as it ran.
    """

    answers: Answers
    learnt_from: int
    seconds: float
    wall_seconds: float
    peak_mb: float
    code: str
    commit: str


def run_cell(cell: Cell, *, benchmark: Benchmark, results: Path, shared: Path) -> Result:
    """The cell's result: as it lies in `results`, or from a fresh process.

    Raises:
        RuntimeError: the process failed; nothing is written.
    """
    there = read_result(cell, benchmark=benchmark, results=results, code=code_digest())
    if there:
        return there
    path = result_path(cell, benchmark=benchmark, results=results, code=code_digest())
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "said.json"
        said, peak_mb = _in_a_process(cell, out=out, shared=shared)
    train, test = cell.parts(benchmark)
    written = {
        "cell": asdict(cell), "code": code_digest(), "commit": commit(), "learnt_from": len(train),
        "tested": len(test), "leaves": list(benchmark.corpus.codebook.tasks[benchmark.task].leaves),
        "peak_mb": round(peak_mb, 1), **said,
    }  # fmt: skip
    partial = path.with_suffix(".tmp")
    partial.write_text(json.dumps(written) + "\n", "utf-8")
    partial.replace(path)
    found = read_result(cell, benchmark=benchmark, results=results, code=code_digest())
    assert found
    return found


def read_result(cell: Cell, *, benchmark: Benchmark, results: Path, code: str | None) -> Result | None:
    """What lies there of a cell, or None.

    Args:
        code: of this system, only what this version of its code said; the newest of any version without.
    """
    path = result_path(cell, benchmark=benchmark, results=results, code=code or "*")
    found = max(path.parent.glob(path.name), key=lambda p: p.stat().st_mtime, default=None)
    if found is None:
        return None
    written = json.loads(found.read_text("utf-8"))
    _, test = cell.parts(benchmark)
    values, leaves = test.targets[benchmark.task], len(written["leaves"])
    truth = values > 0 if values.ndim == 2 else values[:, None] == np.arange(leaves)
    on = np.zeros(truth.shape, dtype=bool)
    for row, labels in enumerate(written["on"]):
        on[row, labels] = True
    return Result(
        answers=Answers(fold=cell.fold, truth=truth, on=on),
        **{k: written[k] for k in ("learnt_from", "seconds", "wall_seconds", "peak_mb", "code", "commit")},
    )


def result_path(cell: Cell, *, benchmark: Benchmark, results: Path, code: str) -> Path:
    """Where a cell's result lies; this system's carries the digest of its code in its name."""
    version = f"-{code}" if cell.system == OURS else ""
    return results / f"{cell.name}-{cell.digest(benchmark)}{version}.json"


def code_digest() -> str:
    """Of the package's `model` and `training` as they lie there: 8 hex digits."""
    total = hashlib.sha256()
    for file in sorted(p for part in ("model", "training") for p in (ROOT / part).rglob("*.py")):
        total.update(file.relative_to(ROOT).as_posix().encode() + file.read_bytes())
    return total.hexdigest()[:8]


def commit() -> str:
    """The commit that is checked out, with a + where files differ from it."""
    try:
        head, changed = (
            subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=True).stdout.strip()
            for words in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if changed else "")


def _in_a_process(cell: Cell, *, out: Path, shared: Path) -> tuple[dict[str, Any], float]:
    """What the process wrote, and its peak memory in 10^6 bytes."""
    path = os.pathsep.join([str(BENCHMARKS), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {
        "PYTHONPATH": path,
        "OMP_NUM_THREADS": str(cell.threads), "MKL_NUM_THREADS": str(cell.threads), "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "MLFLOW_DISABLE_TELEMETRY": "true",
    }  # fmt: skip
    words = [sys.executable, "-m", "lessons.cell", json.dumps(asdict(cell)), "--shared", str(shared), "--out", str(out)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(words, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            tail = log.read().decode("utf-8", "replace").splitlines()[-15:]
            raise RuntimeError("\n".join([f"{cell.name}: ended with {process.returncode}", *tail]))
    return json.loads(out.read_text("utf-8")), usage.ru_maxrss * 1024 / 1e6


def learn_and_label(cell: Cell, *, benchmark: Benchmark) -> dict[str, Any]:
    """What the system says of the cell's test passages, and what learning cost."""
    from .lesson import Lesson
    from .peers import SYSTEMS

    train, test = cell.parts(benchmark)
    lesson = Lesson(
        train=train, test=test, metric=benchmark.metric, backbone=benchmark.backbone, seed=cell.seed,
        settings=cell.settings, few=cell.per_label is not None,
    )  # fmt: skip
    for module in LOADED[cell.system].modules:
        importlib.import_module(module)
    wall, processor = time.perf_counter(), time.process_time()
    label = SYSTEMS[cell.system](lesson)
    seconds, wall_seconds = time.process_time() - processor, time.perf_counter() - wall
    on = label(test.texts)
    return {
        "on": [np.flatnonzero(row).tolist() for row in on],
        "seconds": round(seconds, 2),
        "wall_seconds": round(wall_seconds, 2),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cell", help="a Cell as JSON")
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    cell = Cell(**json.loads(options.cell))
    said = learn_and_label(cell, benchmark=read_benchmark(cell.data, shared=options.shared))
    options.out.write_text(json.dumps(said), "utf-8")


if __name__ == "__main__":
    main()
