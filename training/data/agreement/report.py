"""How far annotators agree: alpha of every label, every pair, every annotator's leanings, and what is in dispute."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from ...measuring.bootstrap import Figure
from ..checking.finding import Table
from .alpha import alpha, alpha_with_interval, count_values, masi, nominal
from .consensus import decide
from .dawid_skene import dawid_skene
from .ratings import MISSING, Ratings

SETS = "(set of labels)"
RELIABLE, TENTATIVE = 0.8, 0.667
"""What Krippendorff (2019, chapter 12) asks of alpha for conclusions, and for tentative ones."""


@dataclass(frozen=True)
class Agreement:
    """What the annotators' labels say of each other.

    Attributes:
        alphas: (task, label) -> alpha with its interval; the label is empty for a single task, `(set of labels)` for
            the sets of a multi task, by MASI distance.
        disputes: a row a passage and task on which two annotators differ, with everybody's answer.
        confusions: (task, label) of a question -> names of its values and, an annotator, the share of each answer
            (columns) to passages of each truth (rows) by Dawid and Skene.
    """

    annotators: list[str]
    passages: int
    shared: int
    alphas: dict[tuple[str, str], Figure]
    tables: list[Table]
    disputes: list[dict[str, Any]]
    confusions: dict[tuple[str, str], tuple[tuple[str, ...], dict[str, np.ndarray]]]

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON values, disputes aside."""
        return {
            "annotators": self.annotators,
            "passages": self.passages,
            "labelled_by_several": self.shared,
            "disputes": len(self.disputes),
            "alpha": [
                {
                    "task": task,
                    "label": label,
                    "alpha": _number(own.value),
                    "lo": _number(own.lo),
                    "hi": _number(own.hi),
                }
                for (task, label), own in self.alphas.items()
            ],
            "tables": [
                {"title": table.title, "said": table.said, "columns": table.columns, "rows": table.rows}
                for table in self.tables
            ],
            "confusions": [
                {
                    "task": task,
                    "label": label,
                    "values": names,
                    "annotators": {who: np.round(own, 4).tolist() for who, own in confusions.items()},
                }
                for (task, label), (names, confusions) in self.confusions.items()
            ],
        }


def measure_agreement(ratings: Ratings) -> Agreement:
    """Alpha, pairs, annotators and disputes of every task."""
    seen = (ratings.rows != MISSING).sum(axis=0)
    coded = {name: _coded(ratings, name) for name in ratings.codebook.tasks}
    alphas, rows = {}, []
    for (task, label), values, distance in _measured(ratings, coded):
        counts = count_values(values, kinds=len(distance))
        several = counts[counts.sum(axis=1) >= 2]
        own = alphas[task, label] = alpha_with_interval(counts, distance=distance)
        differ = int(((several > 0).sum(axis=1) > 1).sum())
        rows.append((task, label, len(several), differ, str(own), _verdict(own)))
    said = (
        "Krippendorff's alpha, nominal; of sets of labels with MASI distance; 95 % bootstrap intervals over passages. "
        f"He asks {RELIABLE} for conclusions and {TENTATIVE} for tentative ones. –: all gave the same label throughout."
    )
    columns = ("task", "label", "passages", "differ", "alpha [95 %]", "that is")
    tables = [Table("agreement", columns, tuple(rows), said), _pairs(ratings, coded)]
    confusions = {}
    for (task, leaf), (names, values) in ratings.questions().items():
        if (values != MISSING).any():
            fitted = dawid_skene(values, kinds=len(names))
            confusions[task, leaf or ""] = names, dict(zip(ratings.annotators, fitted.confusions, strict=True))
    tables.append(_leanings(ratings, confusions))
    return Agreement(
        annotators=ratings.annotators, passages=len(ratings.passages), shared=int((seen > 1).sum()), alphas=alphas,
        tables=tables, disputes=_disputes(ratings, coded), confusions=confusions,
    )  # fmt: skip


Coded = tuple[np.ndarray, np.ndarray, list[str]]
"""``(annotators, passages)`` index of what was given, -1 where missing; distances between the values; their names."""


def _coded(ratings: Ratings, name: str) -> Coded:
    """A whole task as one question: labels of a single task, sets of labels of a multi one."""
    task = ratings.codebook.tasks[name]
    if task.kind == "single":
        return ratings.single(name), nominal(len(task.leaves)), list(task.leaves)
    answers = np.moveaxis(ratings.multi(name), 0, -1)
    known = (answers != MISSING).all(axis=-1)
    sets, index = np.unique(answers[known], axis=0, return_inverse=True)
    values = np.full(known.shape, MISSING)
    values[known] = index.ravel()
    names = ["|".join(leaf for leaf, on in zip(task.leaves, row, strict=True) if on) or "(none)" for row in sets]
    return values, masi(sets > 0), names


def _measured(ratings: Ratings, coded: dict[str, Coded]) -> list[tuple[tuple[str, str], np.ndarray, np.ndarray]]:
    """((task, label), values, distances): each single task, each label of a multi task, and its sets."""
    found = []
    for name, task in ratings.codebook.tasks.items():
        values, distance, _ = coded[name]
        if not (values != MISSING).any():
            continue
        if task.kind == "multi":
            leaves = zip(task.leaves, ratings.multi(name), strict=True)
            found += [((name, leaf), own, nominal(2)) for leaf, own in leaves]
        found.append(((name, SETS if task.kind == "multi" else ""), values, distance))
    return found


def _verdict(own: Figure) -> str:
    if np.isnan(own.value):
        return "–"
    if own.lo >= RELIABLE:
        return "reliable"
    return "tentative" if own.lo >= TENTATIVE else "not reliable" if own.hi < TENTATIVE else "not surely reliable"


def _pairs(ratings: Ratings, coded: dict[str, Coded]) -> Table:
    rows = []
    for one, other in combinations(range(len(ratings.annotators)), 2):
        for name, (values, distance, _) in coded.items():
            both = values[[one, other]]
            both = both[:, (both != MISSING).all(axis=0)]
            if both.shape[1]:
                value = float(alpha(count_values(both, kinds=len(distance)), distance=distance)[0])
                alike = float((both[0] == both[1]).mean())
                names = (ratings.annotators[one], ratings.annotators[other])
                rows.append((*names, name, both.shape[1], alike, _number(value)))
    said = "`share`: of the passages that both labelled, those with the same label or set of labels."
    return Table("pairs", ("annotator", "other", "task", "passages", "share", "alpha"), tuple(rows), said)


def _leanings(
    ratings: Ratings, confusions: dict[tuple[str, str], tuple[tuple[str, ...], dict[str, np.ndarray]]]
) -> Table:
    """How often each annotator gives each label, and how that fits what all hold together."""
    rows = []
    questions = ratings.questions()
    for (task, leaf), (names, fitted) in confusions.items():
        values = questions[task, leaf or None][1]
        for k, label in enumerate(names if not leaf else [leaf]):
            value = 1 if leaf else k
            given = {who: values[i][values[i] != MISSING] for i, who in enumerate(ratings.annotators)}
            all_given = values[values != MISSING]
            for who, own in given.items():
                if not len(own):
                    continue
                shares = float((own == value).mean()), float((all_given == value).mean())
                finds = float(fitted[who][value, value]) if (all_given == value).any() else None
                rows.append((task, label, who, len(own), *shares, finds))
    said = (
        "`gives`: share of the annotator's passages with the label, beside that of all answers; `finds`: probability "
        "to give it to a passage that has it, by Dawid and Skene's model of all annotators, which has no other truth."
    )
    columns = ("task", "label", "annotator", "passages", "gives", "all give", "finds")
    return Table("annotators", columns, tuple(rows), said)


def _disputes(ratings: Ratings, coded: dict[str, Coded]) -> list[dict[str, Any]]:
    methods = {method: decide(ratings, method=method) for method in ("majority", "dawid-skene")}
    first = ratings.first
    found = []
    for i, key in enumerate(ratings.passages):
        for name, (values, _, names) in coded.items():
            given = values[:, i]
            if len(set(given[given != MISSING].tolist())) < 2:
                continue
            said = {
                f"by {who}": names[k] if k != MISSING else None
                for who, k in zip(ratings.annotators, given, strict=True)
            }
            held = {method.replace("-", "_"): _told(own[name].labels[i]) for method, own in methods.items()}
            identity = {"id": key} if ratings.by == "id" else {}
            found.append({**identity, "text": ratings.corpus.texts[first[i]], "task": name, **said, **held})
    return found


def _told(label: Any) -> str | None:
    return ("|".join(label) or "(none)") if isinstance(label, list) else label


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
