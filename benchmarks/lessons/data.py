"""The real corpora that `training.py` learns from: their labels, their fields' metrics, their splits."""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from narrashift.model.codebook import Codebook
from narrashift.model.errors import UserError
from narrashift.training.data.corpus import Corpus, from_dataset
from narrashift.training.data.duplicates import near_duplicates

SHARED = Path(__file__).parents[3] / "shared"
Metric = Literal["macro_f1", "micro_f1"]


@dataclass(frozen=True)
class Source:
    """Where a data set lies and how its field measures it.

    Args:
        column: of the labels; a list where several may be on.
        metric: over the labels that occur.
        test: file of the test passages, where there is one.
        folds: column that holds a passage's fold, or how many folds to draw.
        backbone: as `--backbone` takes it; a path is below `shared`.
        published: what others reached on a part that is not here, to be said beside.
    """

    files: tuple[str, ...]
    column: str
    metric: Metric
    test: str | None = None
    folds: str | int = 0
    backbone: str = "minilm-l6"
    published: str = ""


SOURCES = {
    "ruw": Source(("data/ruw_stance/train.jsonl.gz",), "stance", "macro_f1", test="data/ruw_stance/val.jsonl.gz"),
    "semeval": Source(
        ("data/semeval2021_task6/train.jsonl.gz", "data/semeval2021_task6/dev.jsonl.gz"),
        "techniques",
        "micro_f1",
        folds=3,  # the 63 passages of its dev part alone can tell nothing apart
    ),
    "climate": Source(("data/climate_frames/folds.jsonl.gz",), "frames", "macro_f1", folds="test_fold"),
    "unlp": Source(
        ("data/unlp2025_manipulation/folds.jsonl.gz",), "techniques", "macro_f1", folds="fold_ga",
        backbone="models/multilingual-e5-small",
        published="XLM-R-large, 560 million parameters: 0.455 on the hidden test",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Benchmark:
    """A data set as every system gets it.

    Attributes:
        corpus: all passages, with one task.
        folds: indices of the train and of the test passages of each fold; none has a near-duplicate on the other side.
        left_out: train passages of all folds that were a test passage's near-duplicates.
    """

    name: str
    metric: Metric
    backbone: str
    corpus: Corpus
    folds: tuple[tuple[np.ndarray, np.ndarray], ...]
    left_out: int = 0

    @property
    def task(self) -> str:
        return next(iter(self.corpus.codebook.tasks))

    def parts(self, fold: int) -> tuple[Corpus, Corpus]:
        """Train and test passages of a fold."""
        train, test = self.folds[fold]
        return self.corpus.select(train), self.corpus.select(test)


def read_benchmark(name: str, *, shared: Path = SHARED) -> Benchmark:
    """One of `SOURCES`.

    Raises:
        UserError: its files are not there.
    """
    source = SOURCES[name]
    rows = [row for file in source.files for row in _rows(shared / file)]
    test = list(_rows(shared / source.test)) if source.test else []
    if test:
        fold = np.repeat([-1, 0], [len(rows), len(test)])
    elif isinstance(source.folds, str):
        _, fold = np.unique([row[source.folds] for row in rows], return_inverse=True)
    else:
        fold = np.random.default_rng(0).permutation(len(rows)) % source.folds
    local = shared / source.backbone
    return make_benchmark(
        name, [*rows, *test], column=source.column, metric=source.metric, fold=fold,
        backbone=str(local) if "/" in source.backbone else source.backbone,
    )  # fmt: skip


def make_benchmark(
    name: str, rows: Sequence[dict[str, Any]], *, column: str, metric: Metric, fold: np.ndarray, backbone: str
) -> Benchmark:
    """A benchmark from rows with `text` and a column of labels.

    Args:
        fold: ``(rows,)`` int, the fold that a row is tested in; -1 for rows that are only learnt from.
    """
    several = isinstance(rows[0][column], list)
    found = sorted({label for row in rows for label in (row[column] if several else [row[column]])})
    labels = {label: label_name(label) for label in found}
    task = {"kind": "multi" if several else "single", "labels": {n: {"means": label} for label, n in labels.items()}}
    codebook = Codebook.model_validate({"name": name, "version": "1", "tasks": {column: task}})
    named = [
        {"text": row["text"], column: [labels[x] for x in row[column]] if several else labels[row[column]]}
        for row in rows
    ]
    corpus = from_dataset(named, codebook=codebook)
    pairs = near_duplicates(corpus.texts)
    folds, left_out = [], 0
    for number in range(int(fold.max()) + 1):
        is_test = fold == number
        copies = {one for p in pairs for one, other in ((p.first, p.second), (p.second, p.first)) if is_test[other]}
        learnt = [i for i in np.flatnonzero(~is_test) if i not in copies]
        left_out += int((~is_test).sum()) - len(learnt)
        folds.append((np.array(learnt), np.flatnonzero(is_test)))
    return Benchmark(name, metric, backbone, corpus, tuple(folds), left_out)


def label_name(label: str) -> str:
    """A label as a codebook may name it: `Name calling/Labeling` is `name_calling_labeling`."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def few(corpus: Corpus, *, per_label: int, seed: int) -> Corpus:
    """Of every label, and of passages with none, this many passages drawn by the seed, or all there are.

    Draws are nested: with more a label, the same passages and others. A passage with several labels is drawn when
    any of them draws it, so that common labels may have more.
    """
    values = next(iter(corpus.targets.values()))
    on = (
        values[:, None] == np.unique(values) if values.ndim == 1 else np.column_stack([values > 0, ~values.any(axis=1)])
    )
    order = np.random.default_rng(seed).permutation(len(corpus))
    chosen = {int(i) for carries in on.T for i in order[carries[order]][:per_label]}
    return corpus.select([i for i in order if int(i) in chosen])


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)
    except FileNotFoundError:
        raise UserError(f"{path}: not there. Name the folder of the shared data with --shared") from None
