"""Train, validation and test: the data's own split, or one drawn so that nothing leaks between the parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...model.errors import UserError
from .corpus import SPLITS, Corpus
from .drawing import KINDS, Kind, draw_split


@dataclass(frozen=True)
class Split:
    """Three disjoint corpora and how they came about.

    Attributes:
        how: `column`, `files`, or the kind of a drawn split.
        left_out: passages taken out of train or validation because a near-duplicate lies in a later part.
    """

    train: Corpus
    validation: Corpus
    test: Corpus
    how: str
    left_out: int = 0


def split_corpus(
    corpus: Corpus,
    *,
    validation: Corpus | None = None,
    test: Corpus | None = None,
    seed: int = 0,
    kind: Kind | None = None,
    fold: tuple[int, int] | None = None,
) -> Split:
    """Divide a corpus into the parts that training needs and was not given.

    Args:
        kind: `random`; `group`: whole groups; `source`: whole sources, so that test measures what an unseen one
            would; `time`: the newest passages are for test, those before them for validation. Without it a
            `split` column is followed, else whole groups are drawn where there are any. Near-duplicates
            are never separated: they move together, or (source, time) the earlier part loses its copy.
        fold: number of this fold and of all folds; its passages are the test set. With `time`, train on what
            lies before.

    Raises:
        UserError: a part would be empty, a column that the kind needs is missing, or nothing is left to divide.
    """
    wanted = ["train", *(["validation"] if validation is None else []), *(["test"] if test is None else [])]
    if (kind or fold) and len(wanted) == 1:
        raise UserError("--split and --folds: nothing is left to divide, --validation and --test are both given")
    if fold and test is not None:
        raise UserError("--folds: every fold is a test set; leave out --test")
    if kind is None and fold is None and "split" in corpus.columns:
        assigned, how = _by_column(corpus, wanted=wanted, seed=seed), "column"
    elif len(wanted) == 1:
        assigned, how = np.full(len(corpus), "train"), "files"
    else:
        how = kind or ("group" if "group" in corpus.columns else "random")
        assigned = draw_split(corpus, kind=how, parts=wanted[1:], seed=seed, fold=fold)
    parts = {name: corpus.select(np.flatnonzero(assigned == name)) for name in SPLITS}
    chosen = Split(
        train=parts["train"],
        validation=validation or parts["validation"],
        test=test or parts["test"],
        how=how,
        left_out=int((assigned == "").sum()),
    )
    for name in SPLITS:
        if len(getattr(chosen, name)) == 0:
            units = {"group": "group", "source": "source"}.get(how)
            among = f" in {len(set(corpus.column(units)))} {units}s" if units else ""
            raise UserError(f"{name} has no passage after the split; {len(corpus)} passages{among} are too few")
    return chosen


def of_split(corpus: Corpus, name: str) -> Corpus:
    """The passages that the `split` column says are in this split.

    Raises:
        UserError: there are none.
    """
    found = [i for i, value in enumerate(corpus.column("split")) if value == name]
    if not found:
        there = sorted({value for value in corpus.column("split") if value})
        has = (
            f"the column split has {', '.join(there)}. Name one of them"
            if there
            else "there is no column split. Add it"
        )
        raise UserError(f"--split {name}: no passage has this split; {has}, or leave out --split")
    return corpus.select(found)


def _by_column(corpus: Corpus, *, wanted: list[str], seed: int) -> np.ndarray:
    column = corpus.column("split")
    assigned = np.array([value or "train" for value in column], dtype="<U10")
    absent = [name for name in wanted if name not in assigned]
    if absent == ["validation"]:  # a plain train/test file: validation comes out of train
        rest = np.flatnonzero(assigned == "train")
        inside = corpus.select(rest)
        kind = "group" if "group" in corpus.columns else "random"
        assigned[rest] = draw_split(inside, kind=kind, parts=["validation"], seed=seed)
    elif absent:
        raise UserError(
            f"the column split names no passage for {' and '.join(absent)} (it has "
            f"{', '.join(sorted(set(assigned)))}). Add some, name files with --validation and --test, "
            f"or have it drawn with --split {'|'.join(KINDS)}"
        )
    return assigned
