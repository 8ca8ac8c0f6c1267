"""From unlabelled passages to a labelling tool: those worth annotating next, with a bundle's answers to correct."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...model.codebook import Codebook
from ...model.errors import UserError, suggestion
from ...model.folders import check_free
from ...model.prediction import Prediction, load
from ...model.progress import Progress, silent
from ..data.layouts.table import LAYOUTS
from ..data.layouts.writers.exported import Outgoing, plain
from ..data.layouts.writers.scored import codebook_of_scores, is_score_folder, scored_passages
from ..data.seen import FILE, mark
from ..data.sources import rows_of_files
from ..labelling.judges import sentence_vectors
from ..labelling.passages import read_passages
from .choice import choose

LOOK_AT = 20_000
"""Passages that the bundle is asked about, at most: drawn at random from more."""
AT_ONCE = 512


@dataclass(frozen=True)
class Suggested:
    """What a run left: its files, how many passages were there, new, looked at, and written."""

    files: list[Path]
    passages: int
    new: int
    looked_at: int
    written: int
    refused: list[str]


def suggest(
    data: Sequence[Path],
    *,
    model: Path,
    out: Path,
    count: int,
    layout: str = "label-studio",
    tasks: Sequence[str] = (),
    known: Sequence[Path] = (),
    backbone: str = "minilm-l6",
    look_at: int = LOOK_AT,
    text: str = "text",
    encoding: str = "utf-8",
    seed: int = 0,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Suggested:
    """Write the passages that are worth annotating next, the first the most, with what the bundle says of them.

    Args:
        data: raw passages, or one score folder that holds texts.
        model: a bundle; passages that it was trained or fitted on are left out.
        tasks: of which it is to be unsure; all without.
        known: labelled passages that are left out, too.
        backbone: whose vectors tell passages apart.
        look_at: passages of which the bundle is asked, at most, drawn at random.

    Raises:
        UserError: no passage, none that is new, no such task or layout, `out` exists.
    """
    if count < 1 or look_at < count:
        raise UserError(f"--count {count}: at least 1, and no more than are looked at ({look_at:,}), is expected")
    writing = [name for name, one in LAYOUTS.items() if one.write is not None]
    write = LAYOUTS[layout].write if layout in LAYOUTS else None
    if write is None:
        raise UserError(f"--layout {layout}: no layout that is written {suggestion(layout, writing)}")
    check_free(out, overwrite=overwrite)
    predictor = load(model, exported=True)
    for task in tasks:
        if task not in predictor.codebook.tasks:
            raise UserError(f"--task {task}: no task of {model} {suggestion(task, list(predictor.codebook.tasks))}")
    rows, refused = _rows(data, text=text, encoding=encoding)
    if not rows:
        raise UserError(refused[:20] or ["no passage in the data"], consequence="nothing was written")
    new = _new(rows, seen=_seen(model) | _marks(known, encoding=encoding))
    if not new:
        raise UserError("every passage is labelled already, or was trained on. Name others")
    drawn = np.sort(np.random.default_rng(seed).permutation(len(new))[:look_at])
    asked = [new[i] for i in drawn]
    predicted: list[Prediction] = []
    for start in range(0, len(asked), AT_ONCE):
        predicted += predictor.predict([row["text"] for row in asked[start : start + AT_ONCE]])
        progress("asking the bundle", len(predicted), len(asked))
    vectors = sentence_vectors([row["text"] for row in asked], backbone=backbone, progress=progress)
    probabilities = {
        name: np.array([[one.probabilities[name][leaf] for leaf in task.leaves] for one in predicted])
        for name, task in predictor.codebook.tasks.items()
        if not tasks or name in tasks
    }
    chosen = choose(probabilities, vectors, codebook=predictor.codebook, count=count, seed=seed)
    passages = [_outgoing(asked[i], predicted[i], codebook=predictor.codebook, model=model.name) for i in chosen]
    try:
        files = write(passages, codebook=predictor.codebook, out=out, overwrite=overwrite)
    except OSError as error:
        raise UserError(f"{out}: cannot be written: {error.strerror}") from None
    return Suggested(list(files), len(rows), len(new), len(asked), len(passages), refused)


def _rows(data: Sequence[Path], *, text: str, encoding: str) -> tuple[list[dict[str, Any]], list[str]]:
    folders = [path for path in data if is_score_folder(path)]
    if not folders:
        return read_passages(data, text=text, encoding=encoding)
    if len(data) > 1:
        raise UserError(f"{folders[0]}: is a score folder. Name it alone")
    scored = scored_passages(folders[0], codebook=codebook_of_scores(folders[0]), text=text)
    return [{**passage.columns, "text": passage.text} for passage in scored], []


def _new(rows: Iterable[dict[str, Any]], *, seen: set[str]) -> list[dict[str, Any]]:
    """Rows whose text is not among the seen, each text once."""
    found = []
    seen = set(seen)
    for row in rows:
        own = mark(row["text"])
        if own not in seen:
            seen.add(own)
            found.append(row)
    return found


def _seen(model: Path) -> set[str]:
    file = model / FILE
    return set(file.read_text("utf-8", errors="replace").split()) if file.is_file() else set()


def _marks(known: Sequence[Path], *, encoding: str) -> set[str]:
    rows = rows_of_files(known, encoding=encoding) if known else ()
    values = (getattr(row, "values", {}) for row in rows)
    return {mark(value["text"]) for value in values if isinstance(value.get("text"), str)}


def _outgoing(row: dict[str, Any], predicted: Prediction, *, codebook: Codebook, model: str) -> Outgoing:
    """The passage with the bundle's answers, derived labels aside: they are nobody's to correct."""
    labels: dict[str, list[str]] = {}
    sure: list[float] = []
    for name, task in codebook.tasks.items():
        decided, chances = predicted.labels[name], predicted.probabilities[name]
        said = [decided] if isinstance(decided, str) else decided or []
        labels[name] = [label for label in said if label in task.leaves]
        if task.kind == "single":
            sure += [chances[label] for label in labels[name]]
        else:
            sure += [chances[leaf] if leaf in labels[name] else 1 - chances[leaf] for leaf in task.leaves]
    columns = {name: value for name, value in row.items() if name != "text" and value is not None}
    return plain(Outgoing(row["text"], labels, columns, model, round(min(sure), 4)))
