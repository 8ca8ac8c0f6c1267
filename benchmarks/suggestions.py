"""How many labels suggestions save, by simulation: labels are bought in rounds, a model is trained, and asked for more.

    python benchmarks/suggestions.py [--data train.jsonl.gz val.jsonl.gz] [--seeds 5] [--round 50] [--json]

Data: RUW stance (../shared/data/ruw_stance), else stance of the starter corpus. The model is logistic regression on the
sentence encoder's vectors. Four ways to choose: `random`; `unsure`, the least margin; `diverse`, k-means++ over the
vectors alone; `suggest`, what `narrashift suggest` does. Each starts with the same 100 random labels. *Labels needed*:
until the macro-F1 on the validation part (mean over seeds, and over three neighbouring rounds) first reaches that of
1,000 random ones.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from narrashift.model.codebook import Codebook, read_codebook
from narrashift.seeds import seed_file
from narrashift.training.labelling.judges import sentence_vectors
from narrashift.training.suggesting.choice import choose

RUW = Path("../shared/data/ruw_stance")
FIRST, MOST, GOAL = 100, 1_400, 1_000
Choice = Callable[[np.ndarray, np.ndarray, np.ndarray, int, int], np.ndarray]
"""Of probabilities, vectors, which passages are left, how many, seed."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs=2)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--round", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    texts, labels, cut = read(given.data)
    names = sorted(set(labels))
    y = np.array([names.index(label) for label in labels])
    book = codebook_of(names)
    vectors = sentence_vectors(texts, backbone="minilm-l6")
    train, test = slice(0, cut), slice(cut, None)
    print(f"{cut:,} passages to choose from, {len(y) - cut:,} to measure on, {len(names)} labels")
    ways: dict[str, Choice] = {
        "random": lambda p, v, left, count, seed: np.random.default_rng(seed).permutation(left)[:count],
        "unsure": lambda p, v, left, count, seed: left[np.argsort(margin(p[left]), kind="stable")[:count]],
        "diverse": lambda p, v, left, count, seed: choose(
            {"label": np.full_like(p, 1 / p.shape[1])}, v, codebook=book, count=count, seed=seed, among=left
        ),
        "suggest": lambda p, v, left, count, seed: choose(
            {"label": p}, v, codebook=book, count=count, seed=seed, among=left
        ),
    }
    curves: dict[str, np.ndarray] = {}
    for name, way in ways.items():
        runs = [
            curve(vectors[train], y[train], vectors[test], y[test], way=way, step=given.round, seed=seed)
            for seed in range(given.seeds)
        ]
        curves[name] = np.array(runs)
        means = curves[name].mean(axis=0)
        shown = ", ".join(f"{FIRST + i * given.round}: {means[i]:.3f}" for i in range(0, len(means), 4))
        print(f"{name:8s} {shown}", flush=True)
    counts = FIRST + given.round * np.arange(curves["random"].shape[1])
    smooth = {
        name: np.array([np.convolve(run, np.ones(3) / 3, "valid") for run in runs]) for name, runs in curves.items()
    }
    inner = counts[1:-1]
    goal = smooth["random"].mean(axis=0)[list(inner).index(GOAL)]
    out: dict[str, float | None] = {"macro_f1_of_1000_random": float(goal)}
    print(f"\nmacro-F1 of {GOAL:,} random labels: {goal:.3f}")
    for name, runs in smooth.items():
        reached = first_at(runs.mean(axis=0), inner, goal)
        draws = np.random.default_rng(0).integers(len(runs), size=(200, len(runs)))
        spread = [first_at(runs[rows].mean(axis=0), inner, goal) or MOST for rows in draws]
        low, high = np.quantile(spread, [0.025, 0.975])
        print(f"{name:8s} needs {reached or f'more than {MOST}'} labels [{low:.0f}, {high:.0f}]")
        out[f"labels/{name}"] = reached
    if given.json:
        print(json.dumps(out))


def read(data: list[Path] | None) -> tuple[list[str], list[str], int]:
    """Texts, labels, and how many of them are to choose from."""
    files = data or ([RUW / "train.jsonl.gz", RUW / "val.jsonl.gz"] if RUW.exists() else None)
    if files is None:
        with seed_file("corpus.jsonl") as path:
            own = lines(path)
        parts = [[row for row in own if row["split"] == split] for split in ("train", "test")]
        parts = [parts[0][:4000], parts[1][:1500]]
    else:
        parts = [lines(file) for file in files]
    rows = [row for part in parts for row in part]
    return [row["text"] for row in rows], [row["stance"] for row in rows], len(parts[0])


def lines(path: Path) -> list[dict]:
    """Rows of a JSONL file, also gzipped."""
    content = path.read_bytes()
    content = gzip.decompress(content) if path.suffix == ".gz" else content
    return [json.loads(line) for line in content.decode("utf-8").splitlines()]


def codebook_of(names: list[str]) -> Codebook:
    """One single task with these labels."""
    labels = {f"l{i}": {"means": name or "none"} for i, name in enumerate(names)}
    task = {"kind": "single", "labels": labels}
    return read_codebook().model_validate({"name": "simulation", "version": "1", "tasks": {"label": task}})


def margin(probabilities: np.ndarray) -> np.ndarray:
    """Between the two likeliest classes."""
    ordered = np.sort(probabilities, axis=1)
    return ordered[:, -1] - ordered[:, -2]


def curve(
    vectors: np.ndarray, y: np.ndarray, asked: np.ndarray, truth: np.ndarray, *, way: Choice, step: int, seed: int
) -> np.ndarray:
    """Macro-F1 after each round, from 100 labels on."""
    known = np.random.default_rng((seed, 0)).permutation(len(y))[:FIRST]
    scores = []
    while True:
        model = LogisticRegression(C=10.0, max_iter=200, class_weight="balanced")
        model.fit(vectors[known], y[known])
        scores.append(f1_score(truth, model.predict(asked), average="macro"))
        if len(known) >= MOST:
            return np.array(scores)
        left = np.setdiff1d(np.arange(len(y)), known)
        probabilities = np.zeros((len(y), int(y.max()) + 1))
        probabilities[:, model.classes_] = model.predict_proba(vectors)
        known = np.concatenate([known, way(probabilities, vectors, left, step, 1000 * seed + len(known))])


def first_at(means: np.ndarray, counts: np.ndarray, goal: float) -> int | None:
    """The least number of labels whose figure reaches the goal."""
    reached = np.flatnonzero(means >= goal)
    return int(counts[reached[0]]) if len(reached) else None


if __name__ == "__main__":
    main()
