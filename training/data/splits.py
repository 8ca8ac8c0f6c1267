"""Train, validation and test: the data's own split, or a random one that keeps groups together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...model.errors import UserError
from .corpus import SPLITS, Corpus


@dataclass(frozen=True)
class Split:
    """Three disjoint corpora and how they came about (`column`, `files`, `group`, `random`)."""

    train: Corpus
    validation: Corpus
    test: Corpus
    how: str


def split_corpus(
    corpus: Corpus, *, validation: Corpus | None = None, test: Corpus | None = None, seed: int = 0
) -> Split:
    """Divide a corpus into the parts that training needs and was not given.

    A `split` column is followed; otherwise 15 % of the passages for each missing part are drawn at
    random, whole groups at a time, so that the shares of the labels stay as near as possible.

    Raises:
        UserError: a part would be empty, or the column names no passage for a part.
    """
    wanted = ["train", *(["validation"] if validation is None else []), *(["test"] if test is None else [])]
    if "split" in corpus.columns:
        column = corpus.column("split")
        assigned = np.array([value or "train" for value in column], dtype="<U10")
        how = "column"
        absent = [name for name in wanted if name not in assigned]
        if absent == ["validation"]:  # a plain train/test file: validation comes out of train
            rest = np.flatnonzero(assigned == "train")
            assigned[rest] = _draw(corpus.select(rest), parts={"train": 0.85, "validation": 0.15}, seed=seed)
        elif absent:
            raise UserError(
                f"the column split names no passage for {' and '.join(absent)} (it has "
                f"{', '.join(sorted(set(assigned)))}). Add some, or name files with --validation and --test"
            )
    elif len(wanted) == 1:
        assigned, how = np.full(len(corpus), "train"), "files"
    else:
        shares = {"train": 1 - 0.15 * (len(wanted) - 1)} | dict.fromkeys(wanted[1:], 0.15)
        assigned = _draw(corpus, parts=shares, seed=seed)
        how = "group" if "group" in corpus.columns else "random"
    parts = {name: corpus.select(np.flatnonzero(assigned == name)) for name in SPLITS}
    chosen = Split(
        train=parts["train"],
        validation=validation or parts["validation"],
        test=test or parts["test"],
        how=how,
    )
    for name in SPLITS:
        if len(getattr(chosen, name)) == 0:
            groups = f" in {len(set(corpus.column('group')))} groups" if how == "group" else ""
            raise UserError(f"{name} has no passage after the split; {len(corpus)} passages{groups} are too few")
    return chosen


def _draw(corpus: Corpus, *, parts: dict[str, float], seed: int, tries: int = 100) -> np.ndarray:
    """A part's name for each passage; of several random draws by group, the most even in labels and size."""
    groups = np.array([g if g is not None else f"\0{i}" for i, g in enumerate(corpus.column("group"))])
    names, members = np.unique(groups, return_inverse=True)
    features = _indicators(corpus)
    target = features.mean(axis=0)
    rng = np.random.default_rng(seed)
    best, least = np.full(len(corpus), "train", dtype="<U10"), np.inf
    for _ in range(tries):
        group_part = rng.choice(list(parts), p=list(parts.values()), size=len(names))
        assigned = group_part[members]
        uneven = 0.0
        for part, share in parts.items():
            inside = assigned == part
            if not inside.any():
                uneven = np.inf
                break
            uneven += abs(inside.mean() - share) * 5 + np.abs(features[inside].mean(axis=0) - target).mean()
        if uneven < least:
            best, least = assigned, uneven
    return best


def _indicators(corpus: Corpus) -> np.ndarray:
    """``(passages, all leaves)``: 1 where a label is on."""
    blocks = []
    for name, task in corpus.codebook.tasks.items():
        values = corpus.targets[name]
        blocks.append(
            (values[:, None] == np.arange(len(task.leaves))).astype(float)
            if task.kind == "single"
            else np.nan_to_num(values)
        )
    return np.concatenate(blocks, axis=1)
