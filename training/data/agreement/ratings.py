"""Who gave which label to which passage, read from a corpus with an annotator a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ....model.codebook import Codebook
from ....model.errors import UserError
from ..corpus import Corpus, Readable

BY = ("id", "text")
MISSING = -1


@dataclass(frozen=True)
class Ratings:
    """Every annotator's labels of every passage.

    Attributes:
        annotators: their names, sorted.
        passages: the id or text by which rows are one passage, in order of appearance.
        rows: ``(annotators, passages)`` int, the row of the corpus, -1 where an annotator has not seen a passage.
    """

    corpus: Corpus
    by: str
    annotators: list[str]
    passages: list[str]
    rows: np.ndarray
    places: list[str] = field(default_factory=list)

    @property
    def codebook(self) -> Codebook:
        return self.corpus.codebook

    @property
    def first(self) -> np.ndarray:
        """The first row of each passage: ``(passages,)``."""
        return np.array([min(row for row in column if row != MISSING) for column in self.rows.T.tolist()], dtype=int)

    def single(self, task: str) -> np.ndarray:
        """Index of the label each annotator gave, -1 where none: ``(annotators, passages)``."""
        given = self.corpus.targets[task][self.rows]
        return np.where(self.rows == MISSING, MISSING, given).astype(int)

    def multi(self, task: str) -> np.ndarray:
        """1 where an annotator gave a label, 0 where not, -1 where unlabelled: ``(leaves, annotators, passages)``."""
        given = np.moveaxis(self.corpus.targets[task][self.rows], -1, 0)
        return np.where((self.rows == MISSING)[None] | np.isnan(given), MISSING, given).astype(int)

    def questions(self) -> dict[tuple[str, str | None], tuple[tuple[str, ...], np.ndarray]]:
        """(task, None) of a single task, (task, leaf) of a multi one -> names of the values, and who gave which.

        The values are ``(annotators, passages)`` int, -1 where missing; of a leaf 0 is `no`, 1 `yes`.
        """
        found: dict[tuple[str, str | None], tuple[tuple[str, ...], np.ndarray]] = {}
        for name, task in self.codebook.tasks.items():
            if task.kind == "single":
                found[name, None] = task.leaves, self.single(name)
            else:
                for leaf, values in zip(task.leaves, self.multi(name), strict=True):
                    found[name, leaf] = ("no", "yes"), values
        return found


def gather_ratings(read: Readable, *, by: str | None = None, names: Mapping[str, str] | None = None) -> Ratings:
    """The rows of a corpus, by passage and annotator.

    Args:
        by: `id` or `text`: by what rows are one passage; without it by id where there is one, else by text.
        names: our name of a column -> the user's, for messages.

    Raises:
        UserError: all that is wrong: with the rows themselves, no annotator, a passage that one annotator labelled
            twice and not alike, an id with two texts, nobody to compare.
    """
    corpus = read.corpus
    problems = [str(problem) for problem in read.problems]
    if by is not None and by not in BY:
        raise UserError(f"--by {by}: one of {', '.join(BY)} is expected")
    if not problems and not len(corpus):
        problems.append("no passage in the data")
    if problems:
        raise UserError(problems, consequence="nothing was compared")
    by = by or ("id" if "id" in corpus.columns else "text")
    for needed in ("annotator", *(["id"] if by == "id" else [])):
        if needed not in corpus.columns:
            raise UserError(f"the data have no column {needed}. Name it with --column {needed}=NAME")
    keys = corpus.column("id") if by == "id" else corpus.texts
    rows: dict[tuple[str, str], int] = {}
    texts: dict[str, int] = {}
    for i, (who, key) in enumerate(zip(corpus.column("annotator"), keys, strict=True)):
        place = read.places[i]
        if who is None or not key:
            column = "annotator" if who is None else by
            problems.append(f"{place}, {(names or {}).get(column, column)}: missing; every row names its {column}")
            continue
        before = texts.setdefault(key, i)
        if corpus.texts[before] != corpus.texts[i]:
            problems.append(f"{place}: {by} {key!r} has another text than in {read.places[before]}. Compare --by text")
        earlier = rows.setdefault((who, key), i)
        if not _same(corpus, earlier, i):
            problems.append(
                f"{place}: {who} labelled this passage in {read.places[earlier]} already, and otherwise. "
                "Keep one of the rows"
            )
    if problems:
        raise UserError(problems, consequence="nothing was compared")
    return _arranged(corpus, rows=rows, passages=[*texts], by=by, places=read.places)


def _arranged(
    corpus: Corpus, *, rows: Mapping[tuple[str, str], int], passages: list[str], by: str, places: list[str]
) -> Ratings:
    annotators = sorted({who for who, _ in rows})
    who_at = {who: i for i, who in enumerate(annotators)}
    passage_at = {key: i for i, key in enumerate(passages)}
    table = np.full((len(annotators), len(passages)), MISSING)
    for (who, key), row in rows.items():
        table[who_at[who], passage_at[key]] = row
    if not ((table != MISSING).sum(axis=0) > 1).any():
        seen: dict[str, int] = defaultdict(int)
        for who, _ in rows:
            seen[who] += 1
        told = ", ".join(f"{who} {count:,}" for who, count in sorted(seen.items()))
        raise UserError(
            f"no passage was labelled by two annotators (rows: {told}). Rows are one passage by their {by}; "
            f"compare --by {'text' if by == 'id' else 'id'} where that is what they share"
        )
    return Ratings(corpus, by, annotators, passages, table, places)


def _same(corpus: Corpus, one: int, other: int) -> bool:
    return all(np.array_equal(values[one], values[other], equal_nan=True) for values in corpus.targets.values())
