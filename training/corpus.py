"""Labelled passages: read, checked against the codebook, and held as arrays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..model.codebook import Codebook, Task
from ..model.errors import UserError, suggestion
from ..model.passages import unusable_text
from ..rows import BadRow, Row, file_format, find_files, read_rows

OPTIONAL = ("id", "source", "date", "group", "split", "annotator", "register")
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Corpus:
    """Passages with their labels.

    Attributes:
        texts: one a passage.
        targets: task -> ``(passages,)`` int, index of the leaf, -1 where unlabelled (single tasks);
            ``(passages, leaves)`` float 0/1, a row of NaN where unlabelled (multi tasks).
        columns: optional columns (`id`, `source`, `date`, `group`, `split`, …) that the data have.
    """

    codebook: Codebook
    texts: list[str]
    targets: dict[str, np.ndarray]
    columns: dict[str, list[str | None]] = field(default_factory=dict)

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
        )

    def labelled(self, task: str) -> np.ndarray:
        """Which passages have this task's label: ``(passages,)`` bool."""
        values = self.targets[task]
        return values >= 0 if values.ndim == 1 else ~np.isnan(values).any(axis=1)

    def column(self, name: str) -> list[str | None]:
        """An optional column; None everywhere where the data do not have it."""
        return self.columns.get(name, [None] * len(self))

    @property
    def digest(self) -> str:
        """SHA-256, 16 hex digits, of texts and labels in their order."""
        total = hashlib.sha256()
        for i, text in enumerate(self.texts):
            labels = {task: values[i].tolist() for task, values in self.targets.items()}
            total.update(json.dumps([text, labels], sort_keys=True).encode())
        return total.hexdigest()[:16]


def read_corpus(
    data: Iterable[Path | str],
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
    names = {name: name for name in ("text", *OPTIONAL, *codebook.tasks)}
    unknown = set(column or {}) - set(names)
    if unknown:
        raise UserError(f"--column {sorted(unknown)[0]}=…: no such field {suggestion(sorted(unknown)[0], list(names))}")
    names |= dict(column or {})
    return _build(_rows(data, encoding=encoding), codebook=codebook, names=names)


def from_dataset(dataset: Any, *, codebook: Codebook, column: Mapping[str, str] | None = None) -> Corpus:
    """A corpus from a `datasets.Dataset` (or any iterable of dicts) with the columns of a corpus file."""
    names = {name: name for name in ("text", *OPTIONAL, *codebook.tasks)} | dict(column or {})
    rows = (Row("dataset", number, dict(values)) for number, values in enumerate(dataset, start=1))
    return _build(rows, codebook=codebook, names=names)


def _rows(data: Iterable[Path | str], *, encoding: str) -> Iterator[Row | BadRow]:
    for path in map(Path, data):
        if path.is_dir() and ((path / "dataset_info.json").exists() or (path / "dataset_dict.json").exists()):
            yield from _dataset_rows(path)
            continue
        for file in find_files([path]):
            if file_format(file) == "text":
                raise UserError(f"{file}: plain text has no labels. A corpus is JSONL, CSV, TSV or Parquet")
            empty = True
            for row in read_rows(file, encoding=encoding):
                empty = False
                yield row
            if empty:
                yield BadRow(file.name, None, "empty: there is no passage in it")


def _dataset_rows(path: Path) -> Iterator[Row]:
    import datasets

    loaded = datasets.load_from_disk(str(path))
    parts = loaded.items() if isinstance(loaded, datasets.DatasetDict) else [("", loaded)]
    for split, part in parts:
        known = {"split": split} if split in SPLITS and "split" not in part.column_names else {}
        for number, values in enumerate(part, start=1):
            yield Row(f"{path.name}/{split}" if split else path.name, number, {**values, **known})


def _build(rows: Iterable[Row | BadRow], *, codebook: Codebook, names: Mapping[str, str]) -> Corpus:
    problems: list[str] = []
    texts: list[str] = []
    targets: dict[str, list[Any]] = {task: [] for task in codebook.tasks}
    columns: dict[str, list[str | None]] = {name: [] for name in OPTIONAL}
    headers_seen: set[str] = set()
    for row in rows:
        if isinstance(row, BadRow):
            problems.append(f"{row.place}: {row.reason}")
            continue
        if row.file not in headers_seen:
            headers_seen.add(row.file)
            problem = _missing_columns(row, codebook=codebook, names=names)
            if problem:
                problems.append(problem)
        text = row.values.get(names["text"])
        if names["text"] in row.values:
            reason = unusable_text(text)
            if reason:
                problems.append(f"{row.place}, {names['text']}: {reason}")
        texts.append(text if isinstance(text, str) else "")
        for name, task in codebook.tasks.items():
            value, wrong = _target(row.values.get(names[name]), task=task)
            targets[name].append(value)
            if wrong:
                problems.append(f"{row.place}, {names[name]}: {wrong}")
        for name in OPTIONAL:
            value = row.values.get(names[name])
            columns[name].append(None if value is None or value == "" else str(value))
        split = columns["split"][-1]
        if split is not None and split not in SPLITS:
            problems.append(f"{row.place}, {names['split']}: {split!r} is no split {suggestion(split, SPLITS)}")
    if not texts and not problems:
        problems.append("no passage in the data")
    if problems:
        raise UserError(problems)
    arrays = {
        name: np.array(values, dtype=np.int64)
        if codebook.tasks[name].kind == "single"
        else np.array(values, dtype=np.float64).reshape(len(texts), -1)
        for name, values in targets.items()
    }
    kept = {name: values for name, values in columns.items() if any(v is not None for v in values)}
    return Corpus(codebook=codebook, texts=texts, targets=arrays, columns=kept)


def _missing_columns(row: Row, *, codebook: Codebook, names: Mapping[str, str]) -> str | None:
    """What is wrong with a file's columns, judged by its first row."""
    present = ", ".join(row.values) or "none"
    if names["text"] not in row.values:
        return f"{row.file}: no column {names['text']!r} among {present}. Name it with --column text=NAME"
    if not any(names[task] in row.values for task in codebook.tasks):
        tasks = list(codebook.tasks)
        return (
            f"{row.file}: no column for any task ({', '.join(tasks)}) among {present}. "
            f"Name one with --column {tasks[0]}=NAME, or the codebook of these labels with --codebook FILE"
        )
    return None


def _target(value: Any, *, task: Task) -> tuple[Any, str | None]:
    """A task's target for one passage, and what is wrong with it."""
    leaves = task.leaves
    if task.kind == "single":
        if value is None or value in ("", "?"):
            return -1, None
        if isinstance(value, str) and value in leaves:
            return leaves.index(value), None
        if isinstance(value, list | tuple):
            return -1, f"{value!r}: one label is expected, not a list"
        return -1, _no_label(str(value), task=task)
    if isinstance(value, str):  # CSV: labels joined by |; an empty cell is "none of them", a ? is "not labelled"
        value = None if value.strip() == "?" else [v.strip() for v in value.split("|") if v.strip()]
    if value is None:
        return np.full(len(leaves), np.nan), None
    if not isinstance(value, list | tuple | np.ndarray):
        return np.full(len(leaves), np.nan), f"{value!r}: a list of labels is expected"
    wrong = [str(v) for v in value if v not in leaves]
    on = np.array([float(leaf in list(value)) for leaf in leaves])
    return on, "; ".join(_no_label(v, task=task) for v in wrong) or None


def _no_label(value: str, *, task: Task) -> str:
    if value in task.parents:
        return f"{value!r} is derived from {', '.join(task.parents[value])} and never annotated; name those"
    return f"{value!r} is no label of this codebook {suggestion(value, task.leaves)}"
