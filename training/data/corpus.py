"""Labelled passages: read, checked against the codebook, and held as arrays."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...model.codebook import Codebook
from ...model.errors import UserError, suggestion
from ...model.passages import unusable_text
from ...rows import BadRow, Row
from .labels import is_missing, read_target
from .soft import learned_targets, read_soft, soft_tasks, stacked
from .sources import rows_of_dataset, rows_of_files

OPTIONAL = ("id", "source", "date", "group", "split", "annotator", "register", "weight", "language")
SPLITS = ("train", "validation", "test")
MOST_WEIGHT = 1_000_000


@dataclass(frozen=True)
class Corpus:
    """Passages with their labels.

    Attributes:
        texts: one a passage.
        targets: task -> ``(passages,)`` int, index of the leaf, -1 where unlabelled (single tasks);
            ``(passages, leaves)`` float 0/1, a row of NaN where unlabelled (multi tasks).
        columns: optional columns (`id`, `source`, `date`, `group`, `split`, …) that the data have.
        soft: task -> ``(passages, leaves)`` probabilities, a row of NaN where there are none; for tasks that have any.
    """

    codebook: Codebook
    texts: list[str]
    targets: dict[str, np.ndarray]
    columns: dict[str, list[str | None]] = field(default_factory=dict)
    soft: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.texts)

    def select(self, indices: Sequence[int] | np.ndarray) -> Corpus:
        """The passages at these indices, in that order."""
        indices = [int(i) for i in indices]
        return Corpus(
            codebook=self.codebook,
            texts=[self.texts[i] for i in indices],
            targets={task: values[indices] for task, values in self.targets.items()},
            columns={name: [values[i] for i in indices] for name, values in self.columns.items()},
            soft={task: values[indices] for task, values in self.soft.items()},
        )

    def labelled(self, task: str) -> np.ndarray:
        """Which passages have this task's label: ``(passages,)`` bool."""
        values = self.targets[task]
        return values >= 0 if values.ndim == 1 else ~np.isnan(values).any(axis=1)

    @property
    def learned(self) -> dict[str, np.ndarray]:
        """The targets with soft labels in the place of those that they stand for: what training learns from."""
        return learned_targets(self.targets, self.soft, codebook=self.codebook) if self.soft else self.targets

    def column(self, name: str) -> list[str | None]:
        """An optional column; None everywhere where the data do not have it."""
        return self.columns.get(name, [None] * len(self))

    @property
    def weights(self) -> np.ndarray:
        """How much each passage counts in the decision layer and in every figure: ``(passages,)``, mean 1.

        The column `weight` weighs a corpus with over-sampled labels back to the shares of the text that it
        stands for. Training itself does not use it.
        """
        given = np.array([1.0 if value is None else float(value) for value in self.column("weight")])
        return given / given.mean() if len(given) else given

    def labels(self, task: str) -> list[list[str] | None]:
        """Each passage's labels of a task by name; None where it is not labelled."""
        values, leaves = self.targets[task], self.codebook.tasks[task].leaves
        on = values[:, None] == np.arange(len(leaves)) if values.ndim == 1 else values > 0
        return [
            [leaf for leaf, yes in zip(leaves, row, strict=True) if yes] if labelled else None
            for row, labelled in zip(on, self.labelled(task), strict=True)
        ]

    def to_frame(self) -> Any:
        """Texts and labels as a pandas table; lists of labels joined by `|`, None where unlabelled."""
        import pandas as pd

        table: dict[str, list[str | None]] = {"text": list(self.texts)}
        for name in self.codebook.tasks:
            table[name] = [None if labels is None else "|".join(labels) for labels in self.labels(name)]
        return pd.DataFrame(table)

    @property
    def digest(self) -> str:
        """SHA-256, 16 hex digits, of texts, labels, soft labels and weights in their order."""
        total = hashlib.sha256()
        for i, text in enumerate(self.texts):
            labels = {task: values[i].tolist() for task, values in self.targets.items()}
            total.update(json.dumps([text, labels], sort_keys=True).encode())
        for task, probabilities in self.soft.items():
            total.update(task.encode() + np.ascontiguousarray(probabilities, dtype="<f8").tobytes())
        if "weight" in self.columns:
            total.update(json.dumps(self.column("weight")).encode())
        return total.hexdigest()[:16]


def read_corpus(
    data: Iterable[Path | str] | Path | str,
    *,
    codebook: Codebook,
    column: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
) -> Corpus:
    """Read labelled passages from files, folders or saved `datasets` folders.

    Args:
        data: JSONL, CSV, TSV or Parquet, also gzipped; folders of them; `Dataset.save_to_disk` folders.
        column: our name -> the data's name, where they differ (`{"text": "body"}`).
        encoding: of JSONL, CSV and TSV.

    Raises:
        UserError: everything that is wrong, each with file, row, column, value and what is allowed.
    """
    names = _names(codebook, column)
    return _build(rows_of_files(data, encoding=encoding), codebook=codebook, names=names)


def from_dataset(dataset: Any, *, codebook: Codebook, column: Mapping[str, str] | None = None) -> Corpus:
    """A corpus from a `datasets.Dataset` or `DatasetDict` (or any iterable of dicts) with a corpus's columns."""
    return _build(rows_of_dataset(dataset), codebook=codebook, names=_names(codebook, column))


def from_rows(rows: Iterable[Row | BadRow], *, codebook: Codebook) -> Corpus:
    """A corpus from rows that name their places, with our own names of columns."""
    return _build(rows, codebook=codebook, names=_names(codebook, None))


def _names(codebook: Codebook, column: Mapping[str, str] | None) -> dict[str, str]:
    """Our field -> the data's column."""
    names = {name: name for name in ("text", *OPTIONAL, *codebook.tasks)}
    for name in column or {}:
        if name not in names:
            raise UserError(f"--column {name}=…: no such field {suggestion(name, list(names))}")
    return names | dict(column or {})


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row, a cell, or, with `column` None, with a row or file as a whole."""

    place: str
    column: str | None
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.column is None else f"{self.place}, {self.column}: {self.reason}"


@dataclass(frozen=True)
class Readable:
    """What could be read of labelled data, and all that is wrong with it.

    A row without a usable text is left out; a wrong label leaves the row unlabelled for that task, and another wrong
    value is left out.

    Attributes:
        places: file and row of each passage.
        problems: by file, in the files' order.
    """

    corpus: Corpus
    places: list[str]
    problems: list[Problem]


def read_readable(
    data: Iterable[Path | str] | Path | str,
    *,
    codebook: Codebook,
    column: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
    needs_text: bool = True,
) -> Readable:
    """As `read_corpus`, but what is wrong is handed on beside what could be read.

    Args:
        needs_text: without it, rows of a file that has no text column are passages with an empty text.

    Raises:
        UserError: `column` names no field, or there is no such encoding.
    """
    names = _names(codebook, column)
    return _gather(rows_of_files(data, encoding=encoding), codebook=codebook, names=names, needs_text=needs_text)


def _build(rows: Iterable[Row | BadRow], *, codebook: Codebook, names: Mapping[str, str]) -> Corpus:
    read = _gather(rows, codebook=codebook, names=names)
    if read.problems:
        raise UserError([str(problem) for problem in read.problems])
    if not len(read.corpus):
        raise UserError("no passage in the data")
    return read.corpus


def _gather(
    rows: Iterable[Row | BadRow], *, codebook: Codebook, names: Mapping[str, str], needs_text: bool = True
) -> Readable:
    problems: dict[str, list[Problem]] = {}  # by file, in the files' order
    texts: list[str] = []
    places: list[str] = []
    targets: dict[str, list[Any]] = {task: [] for task in codebook.tasks}
    columns: dict[str, list[str | None]] = {name: [] for name in OPTIONAL}
    softs: list[dict[str, np.ndarray]] = []
    present: dict[str, dict[str, None]] = {}
    without_text: dict[str, list[Problem]] = {}
    for row in rows:
        if isinstance(row, BadRow):
            problems.setdefault(row.file, []).append(Problem(row.place, None, row.reason))
            continue
        wrongs = problems.setdefault(row.file, [])
        present.setdefault(row.file, {}).update(dict.fromkeys(row.values))
        labels = {name: read_target(row.values.get(names[name]), task=task) for name, task in codebook.tasks.items()}
        cells = {name: row.values.get(names[name]) for name in OPTIONAL}
        given = {name: None if is_missing(v) or v == "" else str(v) for name, v in cells.items()}
        text = row.values.get(names["text"])
        reason = None
        if names["text"] not in row.values:
            missing = Problem(row.place, names["text"], "there is no such column here")
            without_text.setdefault(row.file, []).append(missing)
        elif reason := unusable_text(None if is_missing(text) else text):
            wrongs.append(Problem(row.place, names["text"], reason))
        wrong_columns = dict(_wrong_columns(given))
        told = {name: wrong for name, (_, wrong) in labels.items() if wrong} | wrong_columns
        wrongs += [Problem(row.place, names[name], wrong) for name, wrong in told.items()]
        soft = {
            name: read_soft(row.values, name=name, task=codebook.tasks[name])
            for name in soft_tasks(row.values, codebook=codebook)
        }
        wrongs += [Problem(row.place, f"soft.{name}", wrong) for name, (_, wrong) in soft.items() if wrong]
        if reason or (needs_text and names["text"] not in row.values):
            continue
        texts.append(text if isinstance(text, str) else "")
        places.append(row.place)
        for name, (value, wrong) in labels.items():
            targets[name].append(read_target(None, task=codebook.tasks[name])[0] if wrong else value)
        softs.append({name: value for name, (value, _) in soft.items()})
        for name, kept in given.items():
            columns[name].append(None if name in wrong_columns else kept)
    for file, found in present.items():
        problem = _missing_columns(file, list(found), codebook=codebook, names=names, needs_text=needs_text)
        problems[file] += [problem] if problem else []
        problems[file] += without_text.get(file, []) if names["text"] in found else []
    arrays = {
        name: np.array(values, dtype=np.int64)
        if codebook.tasks[name].kind == "single"
        else np.array(values, dtype=np.float64).reshape(len(texts), len(codebook.tasks[name].leaves))
        for name, values in targets.items()
    }
    filled = {name: values for name, values in columns.items() if any(v is not None for v in values)}
    probabilities = stacked(softs, codebook=codebook)
    corpus = Corpus(codebook=codebook, texts=texts, targets=arrays, columns=filled, soft=probabilities)
    return Readable(corpus, places, [problem for wrongs in problems.values() for problem in wrongs])


def _wrong_columns(given: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    """What is wrong with a row's split, date and weight."""
    split, date, weight = given["split"], given["date"], given["weight"]
    if split is not None and split not in SPLITS:
        yield "split", f"{split!r} is no split {suggestion(split, SPLITS)}"
    if date is not None:
        try:
            datetime.datetime.fromisoformat(date)
        except ValueError:
            yield "date", f"{date!r} is no ISO date (2022-02-24, or 2022-02-24T05:00:00)"
    if weight is not None and not _is_weight(weight):
        yield "weight", f"{weight!r} is no weight (a number above 0, at most {MOST_WEIGHT:,})"


def _is_weight(value: str) -> bool:
    try:
        return 0 < float(value) <= MOST_WEIGHT
    except ValueError:
        return False


def _missing_columns(
    file: str, found: list[str], *, codebook: Codebook, names: Mapping[str, str], needs_text: bool
) -> Problem | None:
    """What is wrong with a file's columns."""
    present = ", ".join(found) or "none"
    if needs_text and names["text"] not in found:
        return Problem(file, None, f"no column {names['text']!r} among {present}. Name it with --column text=NAME")
    labelled = any(names[task] in found for task in codebook.tasks)
    if not labelled and not soft_tasks(dict.fromkeys(found), codebook=codebook):
        tasks = list(codebook.tasks)
        return Problem(
            file,
            None,
            f"no column for any task ({', '.join(tasks)}) among {present}. "
            f"Name one with --column {tasks[0]}=NAME, or the codebook of these labels with --codebook FILE",
        )
    return None
