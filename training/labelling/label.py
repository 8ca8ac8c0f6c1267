"""From raw passages to a corpus with soft labels: vote, weigh, abstain where evidence is thin, write."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...model.codebook import Codebook
from ...model.errors import UserError
from ...model.folders import check_free, whole_file
from ...model.progress import Progress, silent
from ..data.soft import soft_column
from .functions import LabellingFunction
from .judges import ask_bundle, compare_wording
from .passages import given_shares, read_passages
from .weighing import Weighed, decided_labels, weigh

BACKBONE = "minilm-l6"
SURE = 0.8
"""How probable a label is before a passage is given it as decided."""
DIGITS = 4


@dataclass(frozen=True)
class Labelled:
    """What a run left.

    Attributes:
        passages: that were read; `written` of them got a label.
        decided: task -> passages with a decided label, `soft`: with probabilities.
        refused: what could not be read, with its place and reason.
    """

    passages: int
    written: int
    decided: dict[str, int]
    soft: dict[str, int]
    weighed: list[Weighed]
    refused: list[str]


def label_passages(
    data: Iterable[Path | str],
    *,
    out: Path,
    codebook: Codebook,
    functions: Sequence[LabellingFunction],
    shares: Mapping[str, float],
    bundles: Mapping[str, Path] | None = None,
    backbone: str | None = BACKBONE,
    sure: float = SURE,
    text: str = "text",
    encoding: str = "utf-8",
    overwrite: bool = False,
    progress: Progress = silent,
) -> Labelled:
    """Label raw passages by weighed votes, and write those that got a label as a corpus (JSONL).

    A row is as it was, with `task` where its label is decided and `soft.task.leaf` where there is evidence.

    Args:
        shares: of labels among the passages, as believed: `task.leaf` -> 0..1.
        bundles: name -> folder of a bundle that votes, too.
        backbone: whose vectors compare passages with the codebook's wording; None: the wording does not vote.
        sure: a label is decided from this probability on; above 0.5.

    Raises:
        UserError: no passage, nobody who votes, no label at all, `out` exists.
    """
    if out.suffix != ".jsonl":
        raise UserError(f"{out}: .jsonl is expected")
    if not 0.5 < sure < 1:
        raise UserError(f"--sure {sure}: a probability above 0.5 and below 1 is expected")
    check_free(out, overwrite=overwrite)
    known = given_shares(shares, codebook=codebook)
    rows, refused = read_passages(data, text=text, encoding=encoding)
    if not rows:
        raise UserError(refused[:20] or ["no passage in the data"], consequence="nothing was labelled")
    texts = [row["text"] for row in rows]
    voting = {
        name: ask_bundle(folder, texts, codebook=codebook, progress=progress)
        for name, folder in (bundles or {}).items()
    }
    vectors, sentences = None, None
    if backbone is not None:
        vectors, sentences = compare_wording(texts, backbone=backbone, codebook=codebook, progress=progress)
    progress("weighing votes", 0, 0)
    weighed = weigh(
        rows, codebook=codebook, functions=functions, shares=known, vectors=vectors, sentences=sentences, bundles=voting
    )
    if not weighed:
        raise UserError("nobody votes. Name labelling functions with --functions, or a bundle with --model")
    labels = [decided_labels(weighed, task=name, codebook=codebook, sure=sure) for name in codebook.tasks]
    columns: dict[str, list[Any]] = {}
    decided, soft = {}, {}
    for (name, task), (hard, probabilities) in zip(codebook.tasks.items(), labels, strict=True):
        columns[name] = hard
        told = ~np.isnan(probabilities).any(axis=1)
        for leaf, column in zip(task.leaves, probabilities.T, strict=True):
            rounded = [round(float(p), DIGITS) if known_ else None for p, known_ in zip(column, told, strict=True)]
            columns[soft_column(name, leaf)] = rounded
        decided[name], soft[name] = sum(value is not None for value in hard), int(told.sum())
    written = [i for i in range(len(rows)) if any(column[i] is not None for column in columns.values())]
    if not written:
        raise UserError(
            "no passage got a label: the functions speak of none of them", consequence="nothing was written"
        )
    with whole_file(out) as temporary, temporary.open("w", encoding="utf-8") as file:
        for i in written:
            own = {name: column[i] for name, column in columns.items() if column[i] is not None}
            file.write(json.dumps({**rows[i], **own}, ensure_ascii=False, default=str) + "\n")
    return Labelled(len(rows), len(written), decided, soft, weighed, refused)
